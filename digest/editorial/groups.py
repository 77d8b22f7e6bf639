"""Groups of things that turn out to be the same."""

from __future__ import annotations

from collections import defaultdict


class Groups:
    """Union-find over record numbers; a group's root is its smallest number."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def root(self, n: int) -> int:
        while self._parent[n] != n:
            self._parent[n] = self._parent[self._parent[n]]
            n = self._parent[n]
        return n

    def join(self, a: int, b: int) -> None:
        low, high = sorted((self.root(a), self.root(b)))
        self._parent[high] = low

    def all(self) -> list[tuple[int, list[int]]]:
        members: dict[int, list[int]] = defaultdict(list)
        for n in range(len(self._parent)):
            members[self.root(n)].append(n)
        return sorted(members.items())
