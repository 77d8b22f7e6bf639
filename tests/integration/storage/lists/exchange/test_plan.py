"""An import accounts for every row, and brings nobody back who left."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model import EmailAddress, Subscriber
from digest.storage.lists.exchange.foreign import Cause, Foreign, Format, Incoming, Leaving, Origin
from digest.storage.lists.exchange.plan import Fate, plan_import
from tests.support.exchange import counted, planned, told


def reader(email: str, **fields: object) -> Subscriber:
    address = EmailAddress.parse(email)
    return Subscriber(address=address, file="readers.yaml", line=3, **fields)  # type: ignore[arg-type]


def rows_of(text: str, tmp_path: Path, name: str = "people.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


#: Few people, each in several spellings: case, the two forms of a domain, a display name.
PEOPLE = {
    "a@bücher.example": ("a@bücher.example", "A@BÜCHER.example", "a@xn--bcher-kva.example"),
    "b@example.org": ("b@example.org", "B@Example.ORG", "Bea <b@example.org>", " b@example.org "),
    "b+x@example.org": ("b+x@example.org", "B+X@example.org"),
    "jürgen@example.org": ("jürgen@example.org", "JÜRGEN@example.org", "jürgen@EXAMPLE.org"),
}
spellings = st.sampled_from([each for forms in PEOPLE.values() for each in forms])
leavings = st.sampled_from([None, None, *(Leaving(cause, f"{cause} there") for cause in Cause)])
lines = st.tuples(spellings | st.sampled_from(["", "nobody", "x@y"]), leavings)
files = st.lists(st.lists(lines, max_size=8), min_size=1, max_size=3)
few_people = st.sets(st.sampled_from(sorted(PEOPLE)), max_size=4)


def as_files(given_files: list[list[tuple[str, Leaving | None]]]) -> list[Foreign]:
    read = []
    for number, lines_of_file in enumerate(given_files):
        origin = Origin(f"{number}.csv")
        rows = [
            Incoming(origin, line, {"email": email} if email else {}, leaving)
            for line, (email, leaving) in enumerate(lines_of_file, start=2)
        ]
        read.append(Foreign(origin.shown, Format.CSV, rows, []))
    return read


@settings(max_examples=200, deadline=None)
@given(files, few_people, few_people)
def test_every_row_has_one_fate_and_nobody_comes_back(
    given_files: list[list[tuple[str, Leaving | None]]], suppressed: set[str], known: set[str]
) -> None:
    """rows = new + known + suppressed + left + invalid + duplicate; a suppressed person, or one
    who left according to any row of any file, is never among the new, however she is spelled.
    """
    barred = {EmailAddress.parse(email).key for email in suppressed}
    plan = plan_import(
        as_files(given_files),
        lists=[reader(email) for email in sorted(known)],
        barred=lambda address: address.key in barred,
        update=True,
    )
    assert plan.rows == sum(map(len, given_files)) == sum(plan.counts.values())
    assert len(plan.new) == plan.counts[Fate.NEW]
    added = [EmailAddress.parse(row["email"]).key for row in plan.new]
    assert len(added) == len(set(added))
    left = {
        EmailAddress.parse(email.split("<")[-1].rstrip(">")).key
        for each in given_files
        for email, leaving in each
        if leaving and leaving.cause is not Cause.NEVER and "example" in email.lower()
    }
    assert not set(added) & (left | barred)
    assert not set(added) & {EmailAddress.parse(email).key for email in known}
    assert not {c.address.key for c in plan.changes} & (left | barred)
    assert {d.address.key for d in plan.departures} == left - barred
    invalid = [p for p in plan.problems if not p.warning]
    assert len(invalid) == plan.counts[Fate.INVALID]


def test_one_of_each_fate(tmp_path: Path) -> None:
    people = rows_of(
        "Email,Name,Status\nnew@example.org,N,\nknown@example.org,K,active\nOUT@example.org,S,\n"
        "left@example.org,L,unsubscribed\nbad,B,\nNEW@example.org,N,\n",
        tmp_path,
    )
    plan = planned(people, lists=[reader("known@example.org")], barred=["out@example.org"])
    assert counted(plan) == {str(fate): 1 for fate in Fate}


def test_who_left_one_list_is_not_taken_from_another_file(tmp_path: Path) -> None:
    here = rows_of("Email\nlea@example.org\n", tmp_path, "a.csv")
    gone = rows_of("Email,Unsubscribed\nLEA@example.org,yes\n", tmp_path, "b.csv")
    for order in ((here, gone), (gone, here)):
        plan = planned(*order)
        assert counted(plan) == {"left": 1, "duplicate": 1}
        assert [d.reason for d in plan.departures] == ["unsubscribed in b.csv"]


def test_a_reader_here_who_left_there_is_suppressed_and_named(tmp_path: Path) -> None:
    path = rows_of("Email,Status\nada@example.org,bounced\n", tmp_path)
    plan = planned(path, lists=[reader("ada@example.org")])
    assert counted(plan) == {"left": 1}
    assert "ada@example.org left there; she stands at readers.yaml:3" in told(plan)


def test_who_left_is_remembered_even_if_the_rest_of_her_row_is_bad(tmp_path: Path) -> None:
    path = rows_of("Email,Timezone,Status\nada@example.org,Nowhere,unsubscribed\n", tmp_path)
    assert [str(d.address) for d in planned(path).departures] == ["ada@example.org"]


def test_known_readers_are_changed_only_when_asked_and_only_in_what_the_file_says(
    tmp_path: Path,
) -> None:
    path = rows_of("Email,Name,Timezone,Tags\nada@example.org,Ada E,Europe/Paris,lab\n", tmp_path)
    known = [reader("ada@example.org", name="Ada", timezone="Europe/Paris", tags=("old",))]
    assert planned(path, lists=known).changes == ()
    (change,) = planned(path, lists=known, update=True, tags=("2026",)).changes
    assert change.fields == {"name": "Ada E", "tags": "old;lab;2026"}
    same = [reader("ada@example.org", name="Ada E", timezone="Europe/Paris", tags=("lab",))]
    assert planned(path, lists=same, update=True).changes == ()


def test_a_slip_in_a_domain_is_told_once_with_the_number_of_its_rows(tmp_path: Path) -> None:
    rows = "".join(f"r{n}@gmial.com\n" for n in range(3))
    plan = planned(rows_of(f"Email\n{rows}", tmp_path))
    assert counted(plan) == {"new": 3}
    assert told(plan) == (
        "people.csv:2: warning: Email: r0@gmial.com: gmial.com looks like a slip, and 2 more rows"
        " (did you mean gmail.com?)"
    )


def test_a_row_costs_less_than_two_kilobytes() -> None:
    import tracemalloc

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        rows = "".join(f"Reader {n};reader{n}@example.org\n" for n in range(4_000))
        path.write_text(f"Name;E-Mail\n{rows}")
        tracemalloc.start()
        try:
            plan = planned(path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert plan.counts[Fate.NEW] == 4_000
    assert peak / 4_000 < 2_000
