"""Makes a `Space` from the words of many abstracts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from digest.editorial.space import Array, Space, unit_rows
from digest.editorial.words import PaperWords

DIMS = 200
#: A term in fewer texts says little of what goes together, one in more says little at all.
LEAST_TEXTS = 10
MOST_SHARE = 0.2
#: Directions sought beyond those kept, and rounds of refinement (Halko, Martinsson, Tropp 2011).
_SPARE = 20
_ROUNDS = 5


def train_space(
    texts: Iterable[PaperWords],
    *,
    dims: int = DIMS,
    least: int = LEAST_TEXTS,
    most_share: float = MOST_SHARE,
    limit: int = 13_000,
) -> Space:
    """The space of these texts: the same texts in the same order make the same one.

    Keeps the `limit` commonest terms that at least `least` texts and at most `most_share` of
    them hold.

    Raises:
        ValueError: fewer terms or texts than dimensions.
    """
    counted = [text.terms for text in texts]
    spread = Counter(term for found in counted for term in found)
    ranked = sorted(spread, key=lambda term: (-spread[term], term))
    kept = [t for t in ranked if least <= spread[t] <= most_share * len(counted)][:limit]
    if min(len(kept), len(counted)) <= dims:
        raise ValueError(f"{len(counted)} texts with {len(kept)} terms are too few for {dims} axes")
    terms = {term: number for number, term in enumerate(sorted(kept))}
    rarity = np.log(len(counted) / np.array([spread[term] for term in terms]))
    matrix = _Matrix.of(counted, terms, rarity)
    basis = _strongest_axes(matrix, dims)
    rows = unit_rows(matrix.times(basis))
    middle = rows.mean(axis=0)
    apart = rows - middle
    return Space(
        terms=terms,
        rarity=rarity.astype(np.float32),
        basis=basis.astype(np.float16),
        middle=middle,
        spread=apart.T @ apart / len(rows),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Matrix:
    """A sparse matrix by rows (texts x terms), each row of length 1."""

    starts: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]
    values: Array
    width: int

    @classmethod
    def of(
        cls, counted: Sequence[Mapping[str, float]], terms: dict[str, int], rarity: Array
    ) -> _Matrix:
        starts, columns, values = [0], list[int](), list[float]()
        for found in counted:
            known = sorted((terms[term], found[term]) for term in found if term in terms)
            row = np.array([value for _, value in known]) * rarity[[n for n, _ in known]]
            length = float(np.linalg.norm(row)) or 1.0
            columns += [number for number, _ in known]
            values += (row / length).tolist()
            starts.append(len(columns))
        return cls(np.array(starts), np.array(columns), np.array(values), len(terms))

    def times(self, right: Array) -> Array:
        """(texts x terms) @ (terms x m)."""
        found = np.zeros((len(self.starts) - 1, right.shape[1]))
        for row in range(len(found)):
            part = slice(self.starts[row], self.starts[row + 1])
            found[row] = self.values[part] @ right[self.columns[part]]
        return found

    def transposed_times(self, right: Array) -> Array:
        """(terms x texts) @ (texts x m)."""
        found = np.zeros((self.width, right.shape[1]))
        for row in range(len(right)):
            part = slice(self.starts[row], self.starts[row + 1])
            # A term stands once in a row, so that plain indexing adds all of it.
            found[self.columns[part]] += self.values[part, None] * right[row]
        return found


def _strongest_axes(matrix: _Matrix, dims: int) -> Array:
    """The right singular vectors (terms x dims), strongest first, found by random projection.

    Signs are fixed: an axis' largest entry is positive.
    """
    start = np.random.default_rng(0).standard_normal((matrix.width, dims + _SPARE))
    sample = np.linalg.qr(matrix.times(start))[0]
    for _ in range(_ROUNDS):
        sample = np.linalg.qr(matrix.transposed_times(sample))[0]
        sample = np.linalg.qr(matrix.times(sample))[0]
    axes = np.linalg.svd(matrix.transposed_times(sample).T, full_matrices=False)[2][:dims].T
    peaks = axes[np.abs(axes).argmax(axis=0), np.arange(dims)]
    return np.asarray(axes * np.where(peaks < 0, -1.0, 1.0))
