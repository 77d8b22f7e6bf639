"""Ward's clustering in plain Python, always with the same answer for the same distances."""

from __future__ import annotations

from collections.abc import Sequence


def cluster(distances: Sequence[Sequence[float]], count: int) -> tuple[tuple[int, ...], ...]:
    """Part items 0..n-1 into `count` groups by Ward's criterion.

    `distances` are squared Euclidean distances, n by n, symmetric. The nearest-neighbour chain
    (Murtagh 1983) needs n² time and memory; the Lance-Williams rule updates distances. Equal
    distances go to the lower number. Groups are sorted by their smallest item.
    """
    size = len(distances)
    merges = sorted(_merges([list(row) for row in distances]))
    parent = list(range(size))

    def root(item: int) -> int:
        while parent[item] != item:
            item = parent[item]
        return item

    for _, a, b in merges[: max(0, size - max(1, count))]:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    groups: dict[int, list[int]] = {}
    for item in range(size):
        groups.setdefault(root(item), []).append(item)
    return tuple(tuple(groups[key]) for key in sorted(groups))


def _merges(distance: list[list[float]]) -> list[tuple[float, int, int]]:
    """All n - 1 merges as (height, item, item), each item standing for its group."""
    alive = dict.fromkeys(range(len(distance)), 1)
    merges: list[tuple[float, int, int]] = []
    chain: list[int] = []
    while len(alive) > 1:
        if not chain:
            chain.append(min(alive))
        tip = chain[-1]
        row = distance[tip]
        before = chain[-2] if len(chain) > 1 else -1
        # The one before wins a tie, or the chain would walk in circles.
        near = min((n for n in alive if n != tip), key=lambda n: (row[n], n != before, n))
        if near != before:
            chain.append(near)
            continue
        del chain[-2:]
        low, high = sorted((tip, near))
        merges.append((row[near], low, high))
        _join(distance, alive, low, high)
    return merges


def _join(distance: list[list[float]], alive: dict[int, int], low: int, high: int) -> None:
    """Put `high`'s group into `low`'s and write the distances to all others anew."""
    a, b, between = alive[low], alive.pop(high), distance[low][high]
    for other, c in alive.items():
        if other != low:
            total = (a + c) * distance[low][other] + (b + c) * distance[high][other] - c * between
            distance[low][other] = distance[other][low] = total / (a + b + c)
    alive[low] = a + b
