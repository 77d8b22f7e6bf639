"""Each kind of mailbox is read whole, marked only when it is recorded, and loses nothing."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from digest.app.bounces import read_mailbox
from digest.bounces.mail import MailboxError
from digest.bounces.maildir import Maildir
from digest.bounces.mbox import Mbox
from digest.bounces.parts import LONGEST
from digest.errors import StorageError
from tests.support.returned import ADA, Office, office, status_report


@pytest.fixture
def folder(tmp_path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    return tmp_path / "mail"


@pytest.fixture
def desk(tmp_path):
    with office(tmp_path) as made:
        yield made


def names(folder: Path) -> dict[str, list[str]]:
    return {part: sorted(os.listdir(folder / part)) for part in ("new", "cur")}


def test_a_maildirs_new_and_unseen_mails_are_read_and_marked(desk: Office, folder):
    path = desk.return_path(desk.mail())
    (folder / "new" / "1.a.host").write_bytes(status_report(path))
    (folder / "cur" / "2.b.host:2,F").write_bytes(b"Subject: hello\n\n")
    (folder / "cur" / "3.c.host:2,S").write_bytes(b"Subject: seen\n\n")
    report = read_mailbox(desk.house, Maildir(folder))
    assert report.read == 2
    assert desk.suppressed == {str(ADA): "bounce"}
    assert names(folder) == {"new": [], "cur": ["1.a.host:2,S", "2.b.host:2,FS", "3.c.host:2,S"]}
    assert read_mailbox(desk.house, Maildir(folder)).read == 0


def test_one_mail_that_cannot_be_read_keeps_no_other_from_being_read(desk: Office, folder):
    """A folder, a pipe and a dangling link are no mails; a file in a loop of links is told."""
    path = desk.return_path(desk.mail())
    (folder / "new" / "0.folder").mkdir()
    os.mkfifo(folder / "new" / "1.pipe")
    (folder / "new" / "2.gone").symlink_to("nowhere")
    (folder / "new" / "3.locked").write_bytes(b"x")
    (folder / "new" / "4.mail").write_bytes(status_report(path))

    class Locked(Maildir):
        def _waiting(self):
            return [Stuck(each) if "locked" in each.name else each for each in super()._waiting()]

    with pytest.raises(MailboxError, match=r"3\.locked: cannot be read: Input/output error"):
        read_mailbox(desk.house, Locked(folder))
    assert desk.suppressed == {str(ADA): "bounce"}
    assert names(folder)["cur"] == ["4.mail:2,S"]


class Stuck(type(Path())):
    """A file on a disk with a bad block."""

    def open(self, *_: object, **__: object):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_dry_run_marks_nothing(desk: Office, folder):
    (folder / "new" / "1").write_bytes(b"Subject: x\n\n")
    read_mailbox(desk.house, Maildir(folder), dry_run=True)
    assert names(folder) == {"new": ["1"], "cur": []}


def test_no_mail_is_marked_before_its_effect_is_durable(desk: Office, folder, tmp_path):
    """The book is looked at from another connection at the moment of marking."""
    path = desk.return_path(desk.mail())
    (folder / "new" / "1").write_bytes(status_report(path))

    class Watched(Maildir):
        def done(self, mails):
            seen.append(desk.suppressed)
            super().done(mails)

    seen: list[dict[str, str]] = []
    read_mailbox(desk.house, Watched(folder))
    assert seen == [{str(ADA): "bounce"}]


def test_what_cannot_be_recorded_stays_unread(tmp_path, folder, monkeypatch):
    with office(tmp_path) as desk:
        path = desk.return_path(desk.mail())
        (folder / "new" / "1").write_bytes(status_report(path))
        os.chmod(desk.config.state_dir / "digest.db", 0o600)
        with desk.house.database.write() as connection:
            connection.exec_driver_sql("DROP TABLE suppression")
        with pytest.raises(StorageError):
            read_mailbox(desk.house, Maildir(folder))
        assert names(folder)["new"] == ["1"]


def test_a_maildir_that_is_none_is_told(tmp_path):
    with pytest.raises(MailboxError, match="is no Maildir"):
        Maildir(tmp_path)


def mbox(*mails: bytes) -> bytes:
    return b"".join(b"From MAILER-DAEMON Mon Nov 23 08:00:00 2026\n" + m + b"\n" for m in mails)


def test_an_mbox_is_read_each_time_and_counts_once(desk: Office, tmp_path):
    path = desk.return_path(desk.mail())
    file = tmp_path / "mbox"
    long = b"Subject: x\n\n" + b"y" * 70 + b"\n" + b"z\n" * LONGEST
    file.write_bytes(mbox(b"Subject: a\n\nFrom here on\n\nfrom there\n", long, status_report(path)))
    before = file.read_bytes()
    for new in (1, 0):
        box = Mbox(file)
        report = read_mailbox(desk.house, box)
        box.close()
        assert (report.read, len(report.effects)) == (3, new)
    assert file.read_bytes() == before
    assert desk.suppressed == {str(ADA): "bounce"}


def test_an_mbox_line_without_end_costs_no_time(tmp_path):
    file = tmp_path / "mbox"
    file.write_bytes(mbox(b"Subject: x\n\n" + (b"From x " + b"11:11 " * 10_900 + b"\n\n") * 3))
    code = "import resource, sys; resource.setrlimit(resource.RLIMIT_CPU, (5, 5))\n"
    code += "from pathlib import Path; from digest.bounces.mbox import Mbox\n"
    code += "assert len(list(Mbox(Path(sys.argv[1])).unread())) == 1"
    subprocess.run([sys.executable, "-c", code, str(file)], check=True)


def test_a_pipe_is_no_mbox(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MailboxError, match="is no file"):
        Mbox(tmp_path / "pipe")


def test_of_a_long_mail_in_an_mbox_only_its_beginning_is_kept(tmp_path):
    file = tmp_path / "mbox"
    file.write_bytes(mbox(b"Subject: x\n\n" + b"y\n" * LONGEST, b"Subject: z\n\n"))
    first, second = Mbox(file).unread()
    assert LONGEST <= len(first.raw) < LONGEST + 100
    assert second.raw.startswith(b"Subject: z")


def test_an_mbox_that_a_delivery_has_locked_is_left_alone(tmp_path):
    file = tmp_path / "mbox"
    file.write_bytes(mbox(b"Subject: x\n\n"))
    code = (
        "import fcntl, sys; file = open(sys.argv[1], 'ab'); fcntl.lockf(file, fcntl.LOCK_EX);"
        "print('locked', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(MailboxError, match="keeps it locked"):
            Mbox(file, patience=0.2)
        other.communicate()
    Mbox(file).close()


@pytest.mark.parametrize("content", [b"Subject: x\n\nno mbox\n", b"\0\0\0\0"])
def test_what_is_no_mbox_is_told(tmp_path, content):
    file = tmp_path / "mbox"
    file.write_bytes(content)
    with pytest.raises(MailboxError, match="is no mbox"):
        list(Mbox(file).unread())
