"""The outbox holds each letter whole, and once."""

import mailbox
import subprocess
import sys
from pathlib import Path

import pytest

from digest.delivery.outbox import OutboxTransport, file_name
from digest.errors import StorageError
from tests.support.delivering import Run, readers, write_letter
from tests.support.memory_ledger import MemoryLedger


def messages(path):
    box = mailbox.Maildir(path, create=False)
    return sorted(message["To"] for message in box)


async def test_every_letter_is_in_the_maildir_once_and_whole(tmp_path):
    box = tmp_path / "deep" / "outbox"
    ledger = MemoryLedger(readers(40))
    report = await Run(ledger, OutboxTransport(box)).go()
    assert (report.sent, report.transport) == (40, "outbox")
    assert messages(box) == sorted(f"id-reader{n}@example.org" for n in range(40))
    letter = write_letter(readers(1)[0])
    kept = (box / "new" / file_name(letter.message_id)).read_bytes()
    assert kept == letter.content.replace(b"\r\n", b"\n")
    assert list((box / "tmp").iterdir()) == []


async def test_a_letter_sent_again_takes_its_own_place(tmp_path):
    for _ in range(2):
        await Run(MemoryLedger(readers(10)), OutboxTransport(tmp_path)).go()
    assert len(messages(tmp_path)) == 10


async def test_a_letter_that_was_read_is_not_put_back(tmp_path):
    await Run(MemoryLedger(readers(3)), OutboxTransport(tmp_path)).go()
    name = file_name(write_letter(readers(1)[0]).message_id)
    (tmp_path / "new" / name).rename(tmp_path / "cur" / f"{name}:2,S")
    report = await Run(MemoryLedger(readers(3)), OutboxTransport(tmp_path)).go()
    assert report.sent == 3
    assert len(messages(tmp_path)) == 3


async def test_an_outbox_that_cannot_be_made_stops_the_run(tmp_path):
    (tmp_path / "file").write_text("in the way")
    ledger = MemoryLedger(readers(5))
    with pytest.raises(StorageError, match="outbox cannot be written: Not a directory"):
        await Run(ledger, OutboxTransport(tmp_path / "file" / "outbox")).go()
    assert len(ledger.at("pending")) == 5


CHILD = """
import asyncio, resource, sys
from dataclasses import replace
from pathlib import Path
from digest.delivery.outbox import OutboxTransport
from digest.errors import StorageError
from tests.support.delivering import Run, readers, write_letter
from tests.support.memory_ledger import MemoryLedger

resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
def write(recipient, eightbit):
    letter = write_letter(recipient)
    times = 40 if "reader5@" in str(recipient.address) else 1
    return replace(letter, pieces=letter.pieces * times)
ledger = MemoryLedger(readers(20))
try:
    asyncio.run(Run(ledger, OutboxTransport(Path(sys.argv[1]), connections=2), write=write).go())
except StorageError as error:
    print(error, len(ledger.at("sent")), len(ledger.at("pending")), sep="|")
"""


def test_a_full_disk_stops_the_run_and_leaves_no_part_of_a_letter(tmp_path):
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)], cwd=root, capture_output=True, text=True
    )
    message, sent, pending = done.stdout.strip().split("|")
    assert "File too large; nothing more is sent" in message
    assert int(sent) + int(pending) == 20
    assert int(pending) >= 1
    assert len(messages(tmp_path)) == int(sent)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert all(p.read_bytes().endswith(b"..\n") for p in (tmp_path / "new").iterdir())
