"""A space in which papers on one subject lie close, whatever words they use.

Latent semantic analysis (Deerwester et al. 1990): a background of many abstracts is written as
a matrix of weighted terms, and its strongest directions become the axes. `training` makes a
space, `Space` places papers in it. Terms are single words and pairs without stop words; a
title's count twice. A term weighs (1 + log n) times the logarithm of its rarity in the background.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from digest.editorial.words import PaperWords

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """`rarity[t]` and `basis[t]` (one row of `dims`) belong to the term with number `terms[t]`.

    `middle` is the mean of the background's unit vectors, `spread` their covariance (dims x dims).
    """

    terms: Mapping[str, int]
    rarity: npt.NDArray[np.float32]
    basis: npt.NDArray[np.float16]
    middle: Array
    spread: Array

    def __post_init__(self) -> None:
        count, dims = self.basis.shape
        if (
            len(self.terms) != count
            or self.rarity.shape != (count,)
            or self.middle.shape != (dims,)
            or self.spread.shape != (dims, dims)
        ):
            raise ValueError("the parts of the space do not fit together")

    @property
    def dims(self) -> int:
        return int(self.basis.shape[1])

    def vectors(self, texts: Iterable[PaperWords]) -> Array:
        """One row of length 1 for each text; a text without a known term gets zeros."""
        rows = [self._project(text) for text in texts]
        return unit_rows(np.array(rows).reshape(len(rows), self.dims))

    def _project(self, text: PaperWords) -> Array:
        weights = self.weigh(text)
        numbers = [self.terms[term] for term in weights]
        return np.array(list(weights.values())) @ self.basis[numbers].astype(np.float64)

    def weigh(self, text: PaperWords) -> dict[str, float]:
        """The known terms of a text with their weights, in the order of their numbers."""
        found = text.terms
        known = sorted((self.terms[term], term) for term in found.keys() & self.terms.keys())
        return {term: found[term] * float(self.rarity[number]) for number, term in known}

    def binding(self, text: PaperWords, direction: Array, limit: int) -> tuple[str, ...]:
        """The terms that bring a text nearest to `direction`, the strongest first."""
        weights = self.weigh(text)
        if not weights:
            return ()
        rows = self.basis[[self.terms[term] for term in weights]].astype(np.float64)
        worth = {
            term: round(weight * float(pull), 9)
            for (term, weight), pull in zip(weights.items(), rows @ direction, strict=True)
        }
        best = sorted((term for term in worth if worth[term] > 0), key=lambda t: (-worth[t], t))
        return tuple(best[:limit])

    def outstanding(self, vectors: Array, directions: Array) -> Array:
        """How much nearer than the background each vector is to each direction, in deviations.

        `vectors` (n x dims) and `directions` (m x dims) give n x m; what is not nearer is 0, and
        what has no place is near to nothing.
        """
        apart = unit_rows(apart_from(directions, self.middle))
        deviation = np.sqrt(np.einsum("md,de,me->m", apart, self.spread, apart))
        near: Array = apart_from(vectors, self.middle) @ apart.T / np.maximum(deviation, 1e-9)
        return np.maximum(near, 0.0)


def off_the_mean(vectors: Array) -> Array:
    """Unit vectors less their mean, each brought to length 1 again; zeros stay zeros.

    Two vectors or fewer are left as they are: they have nothing in common with a third.
    """
    if len(vectors) < 3:
        return vectors
    return unit_rows(apart_from(vectors, vectors.mean(axis=0)))


def apart_from(vectors: Array, middle: Array) -> Array:
    """Vectors less a middle; what has no place gets none."""
    known = np.abs(vectors).max(axis=1, keepdims=True, initial=0.0) > 0
    apart: Array = (vectors - middle) * known
    return apart


def unit_rows(rows: Array) -> Array:
    """Each row with length 1; one without length stays zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Array = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 1e-12)
    return unit


def squared_distances(rows: Array) -> Array:
    """Squared Euclidean distances between rows (n x dims -> n x n).

    Rounded, so that rows which are equal but for the last bits have equal distances.
    """
    squares = (rows * rows).sum(axis=1)
    distances: Array = np.maximum(0.0, squares[:, None] + squares[None, :] - 2 * rows @ rows.T)
    np.fill_diagonal(distances, 0.0)
    rounded: Array = np.round((distances + distances.T) / 2, 9)
    return rounded
