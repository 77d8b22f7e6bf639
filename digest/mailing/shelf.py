"""Keeps what was made lately, up to a weight."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Shelf(Generic[Value]):
    """Things by key; what was not asked for longest goes first. Threads may share it.

    `capacity` and weights have one unit, the caller's: octets, or pieces.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._weight = 0
        self._lock = Lock()

    @property
    def weight(self) -> int:
        """What everything on it weighs together, never more than the capacity."""
        return self._weight

    def __len__(self) -> int:
        return len(self._kept)

    def has_room(self, weight: int) -> bool:
        """Whether so much can be put on it without taking anything off."""
        return self._weight + weight <= self._capacity

    def get(self, key: Hashable) -> Value | None:
        """The thing of this name, if it is still there."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: Value, weight: int = 1) -> None:
        """Keep a thing; one that is heavier than the whole shelf is not kept."""
        with self._lock:
            if weight > self._capacity:
                return
            if key in self._kept:
                self._weight -= self._kept.pop(key)[1]
            while self._weight + weight > self._capacity:
                self._weight -= self._kept.popitem(last=False)[1][1]
            self._kept[key] = (value, weight)
            self._weight += weight
