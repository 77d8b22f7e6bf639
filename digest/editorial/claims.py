"""How strongly known themes claim papers: by what they say, and by what they are near.

*Said*: the theme's phrases stand in the paper; with the score m of `rules` the claim is
m / (m + 3) * sqrt(m), which flattens. *Near*: the paper's vector lies nearer to the vector of the
theme's phrases than papers do in general (`Space.outstanding`), times the theme's weight. Each way
is brought to length 1, and both are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import sqrt

import numpy as np

from digest.editorial.rules import Match, Topics
from digest.editorial.space import Array, Space, unit_rows


class Claims:
    """Answers for some themes; their phrases are placed once."""

    def __init__(self, topics: Topics, space: Space) -> None:
        self._topics = topics
        self._space = space
        self._numbers = {topic.name: number for number, topic in enumerate(topics.topics)}

    def of(self, matches: Sequence[Sequence[Match]], vectors: Array) -> Array:
        """Claims on papers with these matches and vectors (n x dims): n x themes.

        A row has length 1, or 0 where no theme claims the paper.
        """
        said = np.zeros((len(matches), len(self._numbers)))
        for row, found in zip(said, matches, strict=True):
            for match in found:
                row[self._numbers[match.topic]] = (
                    match.score / (match.score + 3) * sqrt(match.score)
                )
        near = self._space.outstanding(vectors, self._descriptions) * self._weights
        return unit_rows(unit_rows(said) + unit_rows(near))

    @cached_property
    def _descriptions(self) -> Array:
        return self._space.vectors(self._topics.descriptions)

    @cached_property
    def _weights(self) -> Array:
        return np.array([topic.weight for topic in self._topics.topics])
