"""What is kept of what was made lately."""

from hypothesis import given
from hypothesis import strategies as st

from digest.mailing.shelf import Shelf


def test_what_was_not_asked_for_longest_goes_first() -> None:
    shelf = Shelf[str](3)
    for key in "abc":
        shelf.put(key, key.upper())
    assert shelf.get("a") == "A"
    shelf.put("d", "D")
    assert [key for key in "abcd" if shelf.get(key)] == ["a", "c", "d"]


def test_what_is_heavier_than_the_shelf_is_not_kept_and_pushes_nothing_off() -> None:
    shelf = Shelf[str](10)
    shelf.put("a", "A", 10)
    shelf.put("b", "B", 11)
    assert (shelf.get("a"), shelf.get("b")) == ("A", None)
    assert not shelf.has_room(1)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12)), max_size=60))
def test_it_never_holds_more_than_it_can_carry(puts: list[tuple[int, int]]) -> None:
    shelf, weights = Shelf[int](20), dict[int, int]()
    for key, weight in puts:
        shelf.put(key, weight, weight)
        weights[key] = weight
        held = [k for k in weights if shelf.get(k) is not None]
        assert shelf.weight == sum(weights[k] for k in held) <= 20
        assert len(shelf) == len(held)
        assert shelf.get(key) == weight
