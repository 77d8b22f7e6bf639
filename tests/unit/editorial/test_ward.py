"""Ward's clustering finds what the textbook's does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import AgglomerativeClustering

from digest.editorial.space import squared_distances
from digest.editorial.ward import cluster


def test_clear_clusters_are_parted() -> None:
    spots = [0.0, 0.1, 5.0, 5.1, 5.2, 9.0]
    distances = [[(a - b) ** 2 for b in spots] for a in spots]
    assert cluster(distances, 3) == ((0, 1), (2, 3, 4), (5,))
    assert cluster(distances, 1) == ((0, 1, 2, 3, 4, 5),)
    assert cluster(distances, 9) == tuple((n,) for n in range(6))
    assert cluster([], 3) == ()
    assert cluster([[0.0]], 3) == ((0,),)


@pytest.mark.parametrize("count", [2, 5, 12])
def test_it_agrees_with_scikit_learn(count: int) -> None:
    rows = np.random.default_rng(7).standard_normal((80, 6))
    found = cluster(squared_distances(rows), count)
    theirs = AgglomerativeClustering(count).fit_predict(rows)
    assert {frozenset(g) for g in found} == {
        frozenset(np.flatnonzero(theirs == n).tolist()) for n in range(count)
    }


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=25),
    st.integers(1, 30),
)
def test_every_item_is_in_one_group_also_where_distances_are_equal(spots, count: int) -> None:
    rows = np.array(spots, dtype=float).reshape(len(spots), 2)
    groups = cluster(squared_distances(rows), count)
    assert sorted(n for group in groups for n in group) == list(range(len(spots)))
    assert len(groups) == min(count, len(spots))
