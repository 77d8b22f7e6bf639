"""A relay's connections are shared out evenly, as far as they are wanted."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from digest.storage.postgres.sharing import share_out

WISHES = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 12), max_size=8)


@given(limit=st.integers(1, 20), wanted=WISHES, turn=st.integers(0, 1_000))
def test_shares_are_even_and_nothing_that_is_wanted_lies_idle(limit, wanted, turn):
    shares = share_out(limit, wanted, turn)
    assert shares.keys() == wanted.keys()
    assert all(0 <= shares[name] <= wanted[name] for name in wanted)
    assert sum(shares.values()) == min(limit, sum(wanted.values()))
    unserved = [shares[name] for name in wanted if shares[name] < wanted[name]]
    assert not unserved or max(shares.values()) <= min(unserved) + 1


@given(limit=st.integers(1, 6), count=st.integers(1, 12))
def test_where_they_are_more_than_connections_each_has_its_turn(limit, count):
    wanted = {f"w{n:02}": 2 for n in range(count)}
    had = Counter()
    for turn in range(count):
        had.update({name: 1 for name, share in share_out(limit, wanted, turn).items() if share})
    assert set(had) == set(wanted)


@given(turn=st.integers(0, 1_000))
def test_shares_do_not_move_while_there_is_one_for_each(turn):
    wanted = {"a": 9, "b": 9, "c": 9}
    assert share_out(4, wanted, turn) == {"a": 2, "b": 1, "c": 1}
