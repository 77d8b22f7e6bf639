"""`digest subscribers list`: everyone on the lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import click

from digest.cli.commands.subscribers._shared import named_list
from digest.cli.desk import Desk, json_option, note, pass_desk, show, show_json
from digest.cli.readers import reader_document, reader_state, reader_wishes
from digest.model import Subscriber


@click.command("list")
@click.option("--tag", "tags", multiple=True, help="Only who has this tag; may be repeated.")
@click.option("--list", "path", type=click.Path(path_type=Path), help="Only this list.")
@click.option("--paused", is_flag=True, help="Only who is paused today.")
@click.option("--suppressed", is_flag=True, help="Only who is never mailed.")
@json_option
@pass_desk
def command(
    desk: Desk,
    tags: tuple[str, ...],
    path: Path | None,
    paused: bool,
    suppressed: bool,
    as_json: bool,
) -> int:
    """Everyone on the lists, with what they chose."""
    from digest.app.suppressed import suppressed_test
    from digest.storage.lists.reading import ListReading, open_lists

    reading = ListReading([named_list(desk, path)]) if path else open_lists(desk.config)
    is_suppressed, today = suppressed_test(desk.house), desk.today()
    folded = {tag.casefold() for tag in tags}

    def wanted() -> Iterator[tuple[Subscriber, bool]]:
        for reader in reading:
            barred = is_suppressed(reader)
            if folded and folded.isdisjoint(tag.casefold() for tag in reader.tags):
                continue
            if (suppressed and not barred) or (paused and not reader.is_paused(today)):
                continue
            yield reader, barred

    _print(wanted, as_json, lambda r, barred: reader_state(r, today, suppressed=barred))
    for problem in reading.problems:
        note(str(problem))
    return 0


def _print(
    wanted: Callable[[], Iterator[tuple[Subscriber, bool]]],
    as_json: bool,
    state: Callable[[Subscriber, bool], str],
) -> None:
    if as_json:
        show_json([reader_document(reader, suppressed=barred) for reader, barred in wanted()])
        return
    for reader, barred in wanted():
        wishes = reader_wishes(reader)
        show(f"{reader.address}\t{reader.name}\t{state(reader, barred)}\t{wishes}")
