"""Ward's clustering, always with the same answer for the same distances."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def cluster(distances: npt.ArrayLike, count: int) -> tuple[tuple[int, ...], ...]:
    """Part items 0..n-1 into `count` groups by Ward's criterion.

    `distances` are squared Euclidean distances, n by n, symmetric. The nearest-neighbour chain
    (Murtagh 1983) needs n² time and memory; the Lance-Williams rule updates distances. Equal
    distances go to the lower number. Groups are sorted by their smallest item.
    """
    matrix = np.array(distances, dtype=np.float64)
    size = len(matrix)
    merges = sorted(_merges(matrix)) if size > 1 else []
    parent = list(range(size))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for _, a, b in merges[: max(0, size - max(1, count))]:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    groups: dict[int, list[int]] = {}
    for item in range(size):
        groups.setdefault(root(item), []).append(item)
    return tuple(tuple(groups[key]) for key in sorted(groups))


def _merges(distance: npt.NDArray[np.float64]) -> list[tuple[float, int, int]]:
    """All n - 1 merges as (height, item, item), each item standing for its group."""
    np.fill_diagonal(distance, np.inf)
    sizes = np.ones(len(distance))
    alive = dict.fromkeys(range(len(distance)))
    merges: list[tuple[float, int, int]] = []
    chain: list[int] = []
    while len(alive) > 1:
        if not chain:
            chain.append(next(iter(alive)))
        tip = chain[-1]
        row = distance[tip]
        near = int(row.argmin())
        before = chain[-2] if len(chain) > 1 else -1
        # The one before wins a tie, or the chain would walk in circles.
        if before < 0 or row[near] < row[before]:
            chain.append(near)
            continue
        del chain[-2:]
        low, high = sorted((tip, before))
        merges.append((float(row[before]), low, high))
        _join(distance, sizes, low, high)
        del alive[high]
    return merges


def _join(
    distance: npt.NDArray[np.float64], sizes: npt.NDArray[np.float64], low: int, high: int
) -> None:
    """Put `high`'s group into `low`'s and write the distances to all others anew."""
    a, b, between = sizes[low], sizes[high], distance[low, high]
    total = (a + sizes) * distance[low] + (b + sizes) * distance[high] - sizes * between
    joined = total / (a + b + sizes)
    joined[low] = np.inf
    distance[low, :] = distance[:, low] = joined
    distance[high, :] = distance[:, high] = np.inf
    sizes[low] = a + b
