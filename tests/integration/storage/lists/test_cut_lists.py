"""A list that is cut off, wherever, is never mailed as if it were whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import ListError
from digest.storage.list_memory import Remembered, find_losses
from digest.storage.lists import open_lists
from digest.storage.lists.reading import ListSize
from tests.support.lists import config_for

COUNT, SHRINK = 50, 0.2
THEN = datetime(2026, 11, 23, tzinfo=UTC)
ADDRESSES = [f"r{n:02d}@x.org" for n in range(COUNT)]
LISTS = {
    "address-last.csv": "name,email\n" + "".join(f'"Jö, R.",{each}\n' for each in ADDRESSES),
    "windows.csv": "email;name\r\n" + "".join(f"{each};Jo\r\n" for each in ADDRESSES),
    "block.yaml": "".join(f"- email: {each}\n" for each in ADDRESSES),
    "flow.yaml": "[" + ",".join(f"{{email: {each}}}" for each in ADDRESSES[:12]) + "]\n",
}


def read(folder: Path, name: str, raw: bytes) -> tuple[list[str], dict[str, ListSize]] | None:
    """Whom a list names, with its size; None: it is refused."""
    (folder / name).write_bytes(raw)
    reading = open_lists(config_for(folder, name))
    try:
        return [str(each.address) for each in reading], reading.sizes
    except ListError:
        return None


@pytest.mark.parametrize("name", LISTS)
def test_a_list_cut_at_any_byte_is_refused(tmp_path: Path, name: str) -> None:
    """By who reads it, or since it had more readers; a few whole lines less are like an edit."""
    raw = LISTS[name].encode()
    whole = read(tmp_path, name, raw)
    assert whole is not None
    readers, sizes = whole
    before = {name: Remembered(*sizes[name], THEN)}
    assert not [*find_losses(before, sizes, shrink=SHRINK, zone=UTC)]
    passed = 0
    for cut in range(len(raw)):
        found = read(tmp_path, name, raw[:cut])
        if found is None or [*find_losses(before, found[1], shrink=SHRINK, zone=UTC)]:
            continue
        passed += 1
        assert raw[:cut].endswith((b"\n", b"\r")), raw[:cut]
        assert found[0] == readers[: len(found[0])]
        assert len(found[0]) >= COUNT * (1 - SHRINK)
    at_a_lines_end = raw.count(b"\n") - 1 if name != "flow.yaml" else 0
    assert passed <= at_a_lines_end * 2 * SHRINK + 1
