"""A list that lost many readers is asked about before anybody is mailed, not after."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.inside import inside
from tests.support.newsroom import Newsroom, counting_server

COUNT = 50
DAY = "2026-11-23"


def rows(count: int, start: int = 0) -> str:
    return "".join(f"reader{n:02d}@example.org,Reader {n}\n" for n in range(start, count))


def room_of(folder, server) -> Newsroom:
    room = Newsroom(folder)
    room.mail_by(server.port)
    room.configure(subscribers={"lists": ["readers.csv", "more/*.yaml"]})
    (folder / "readers.yaml").unlink()
    room.write("readers.csv", "email,name\n" + rows(COUNT))
    room.write("more/board.yaml", "- email: ada@example.org\n")
    assert inside(room, "run").code == 0
    assert len(server.accepted) == COUNT + 1
    server.accepted.clear()
    next_day(room)
    return room


def next_day(room: Newsroom) -> None:
    room.later(days=1)
    room.write_papers([{"id": room.now, "title": f"The study of {room.now}"}])


def refused(room: Newsroom, *words: str) -> list[str]:
    """What is said, and no row is planned."""
    done = inside(room, *words)
    assert (done.code, done.out) == (2, ""), done.err
    assert inside(room, "status", "--json").json["total"] == 0
    return [line.removeprefix("digest: ") for line in done.lines]


MEND = "(restore it from a backup; if it is meant: --accept-list-change)"
CUT = (
    f"readers.csv: had 50 readers on {DAY}, has 50 now and ends inside a line: it seems cut off"
    f" (end it with a line break, or {MEND[1:]}"
)
#: How the lists are changed, and what is said of it.
LOSSES: list[tuple[Callable[[Newsroom], object], str]] = [
    (
        lambda room: (room.folder / "more/board.yaml").unlink(),
        f"more/board.yaml: had 1 reader on {DAY}, and is not among the lists now {MEND}",
    ),
    (
        lambda room: room.write("readers.csv", ("email,name\n" + rows(COUNT))[:-4]),
        CUT,
    ),
    (
        lambda room: room.write("readers.csv", "email,name\n" + rows(38)),
        f"readers.csv: had 50 readers on {DAY}, has 38 now {MEND}",
    ),
]


def test_a_list_that_lost_readers_stops_the_run_until_it_is_accepted(tmp_path):
    """Then the new number is what the next edition is measured against."""
    with counting_server() as server:
        room = room_of(tmp_path, server)
        kept = {name: (tmp_path / name).read_bytes() for name in ("readers.csv", "more/board.yaml")}
        for lose, line in LOSSES:
            for name, content in kept.items():
                room.write(name, content)
            lose(room)
            assert refused(room, "run")[-1] == line
        assert refused(room, "run", "--dry-run")[-1] == line
        assert refused(room, "send")[-1] == line
        assert server.accepted == []
        doctor = inside(room, "doctor", "--offline")
        assert line.partition(" (")[0] in doctor.out + doctor.err
        assert inside(room, "run", "--accept-list-change").code == 0
        assert len(server.accepted) == 39
        next_day(room)
        assert inside(room, "run").code == 0
        assert len(server.accepted) == 2 * 39


def test_the_group_of_a_run_is_measured_by_the_whole_list(tmp_path):
    """Neither a small group nor suppressed readers are a loss; a loss elsewhere in a list is."""
    with counting_server() as server:
        room = room_of(tmp_path, server)
        text = "email,name,tags\n" + rows(COUNT).replace("\n", ",\n")
        room.write("readers.csv", text.replace("Reader 7,", "Reader 7,lab"))
        for n in range(20):
            assert inside(room, "subscribers", "suppress", f"reader{n + 20}@example.org").code == 0
        assert inside(room, "run", "--to", "tag:lab").code == 0
        assert server.recipients == {"reader07@example.org": 1}
        short = "".join(text.splitlines(keepends=True)[:30]).replace("Reader 7,", "Reader 7,lab")
        room.write("readers.csv", short)
        done = inside(room, "run")
        assert done.code == 2
        assert "readers.csv: had 50 readers on 2026-11-24, has 29 now" in done.err
        assert len(server.accepted) == 1


def test_small_losses_and_a_limit_of_one_ask_for_nothing(tmp_path):
    with counting_server() as server:
        room = room_of(tmp_path, server)
        room.write("readers.csv", "email,name\n" + rows(40))
        assert inside(room, "run").code == 0
        room.configure(subscribers={"lists": ["readers.csv"], "shrink": 1})
        room.write("readers.csv", "email,name\n" + rows(1))
        next_day(room)
        assert inside(room, "run").code == 0
        assert len(server.accepted) == 41 + 1
