"""Papers on one subject lie close in the space, and its arithmetic is the textbook's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD

from digest.app.knowledge import read_space, write_space
from digest.editorial.space import Space, squared_distances, unit_rows
from digest.editorial.training import train_space
from digest.editorial.words import PaperWords
from digest.errors import ConfigError
from tests.support.knowing import shipped_knowledge
from tests.support.labelled_days import labelled_day


def words(title: str, abstract: str = "") -> PaperWords:
    return PaperWords.of_texts(title, (abstract,), 2)


@pytest.fixture(scope="module")
def texts() -> list[PaperWords]:
    return [words(p.title, p.abstract) for p in labelled_day("acl2020_day")]


@pytest.fixture(scope="module")
def small(texts) -> Space:
    return train_space(texts, dims=8, least=3)


def test_the_axes_are_those_of_a_truncated_svd(texts, small) -> None:
    """Up to sign, as scikit-learn's ARPACK finds them, within half precision."""
    order = sorted(small.terms, key=small.terms.__getitem__)
    rows = unit_rows(
        np.array([[t.terms.get(term, 0.0) for term in order] for t in texts])
        * small.rarity.astype(float)
    )
    axes = TruncatedSVD(8, algorithm="arpack", random_state=0).fit(rows).components_
    order_of_strength = np.argsort(-np.linalg.norm(rows @ axes.T, axis=0))
    same = np.abs((small.basis.astype(float) * axes[order_of_strength].T).sum(axis=0))
    assert same.min() > 0.99


def test_the_same_texts_make_the_same_bytes(texts, small) -> None:
    assert write_space(train_space(texts, dims=8, least=3)) == write_space(small)


def test_a_space_is_read_back_as_it_was_written(texts, small) -> None:
    back = read_space(write_space(small), "space.npz")
    assert list(back.terms.items()) == list(small.terms.items())
    assert np.allclose(back.vectors(texts), small.vectors(texts), atol=2e-3)


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04 not a zip", b"\x93NUMPY"])
def test_a_file_that_is_no_space_is_said_to_be_none(raw: bytes) -> None:
    with pytest.raises(ConfigError, match=r"space\.npz.*no space of words"):
        read_space(raw, "space.npz")


def test_too_few_texts_for_the_axes_are_refused(texts) -> None:
    with pytest.raises(ValueError, match="too few for 8 axes"):
        train_space(texts[:5], dims=8, least=1)


def test_synonyms_lie_nearer_than_strangers() -> None:
    """Two papers that share no word but the subject are closer than two on different subjects."""
    space = shipped_knowledge().space
    one, other, stranger = space.vectors(
        [
            words("Jailbreak prompts against aligned chatbots"),
            words("Red teaming finds harmful responses"),
            words("Point cloud registration with lidar"),
        ]
    )
    assert one @ other > 0.3 > 0.15 > one @ stranger


def test_a_text_of_unknown_words_has_no_place() -> None:
    space = shipped_knowledge().space
    (nowhere,) = space.vectors([words("Qwxzzv vvbrk")])
    assert not nowhere.any()
    assert space.binding(words("Qwxzzv vvbrk"), np.ones(space.dims), 3) == ()
    assert not space.outstanding(nowhere[None], nowhere[None]).any()


def test_what_binds_a_text_to_a_direction_are_its_own_terms() -> None:
    space = shipped_knowledge().space
    text = words("A robot learns to grasp", "The weather was fine and the poem rhymed.")
    (direction,) = space.vectors([words("Robotic manipulation and grasping")])
    found = space.binding(text, direction, 2)
    assert "robot" in found
    assert set(found) <= set(text.terms)


def test_distances_are_euclid_s() -> None:
    rows = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])
    assert squared_distances(rows).tolist() == [[0, 25, 1], [25, 0, 18], [1, 18, 0]]


def test_the_shipped_space_is_small() -> None:
    """It travels in every wheel: at most 6 MB."""
    assert len(write_space(shipped_knowledge().space)) <= 6_000_000
