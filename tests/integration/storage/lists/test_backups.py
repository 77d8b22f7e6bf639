"""Backups are what a list was before its edits, and an edit that fails costs none of them."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.errors import StorageError
from digest.model import EmailAddress
from digest.storage.lists import change_subscriber
from digest.storage.lists.backups import FOLDER, KEPT, list_backups, make_backup
from digest.storage.lists.safe_write import lock_list

A = EmailAddress.parse("a@x.org")


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow beyond 100 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def a_list(folder: Path) -> Path:
    path = folder / "list.csv"
    path.write_text("email,name\na@x.org,First\n" + "".join(f"r{n}@x.org,R\n" for n in range(20)))
    return path


def test_edits_that_find_the_disk_full_push_no_backup_out(tmp_path: Path) -> None:
    path = a_list(tmp_path)
    change_subscriber([path], A, {"name": "Second"})
    now = path.read_bytes()
    with full_disk():
        for number in range(KEPT + 1):
            with pytest.raises(StorageError, match="cannot be written"):
                change_subscriber([path], A, {"name": f"N{number}"})
    assert path.read_bytes() == now
    (backup,) = list_backups(path)
    assert b"First" in backup.path.read_bytes()
    assert path.stat().st_nlink == 1  # so no editor that writes in place changes a backup
    assert {each.name for each in tmp_path.iterdir()} == {FOLDER, ".list.csv.lock", "list.csv"}


def test_an_edit_killed_between_backup_and_list_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    path = a_list(tmp_path)
    assert make_backup(path) is not None  # killed here
    (tmp_path / ".list.csv.abcd1234.tmp").write_text("email\n")  # or before
    path.write_bytes(path.read_bytes().replace(b"First", b"By hand"))
    change_subscriber([path], A, {"name": "Second"})
    (backup,) = list_backups(path)
    assert b"By hand" in backup.path.read_bytes()
    assert not list(tmp_path.glob(".*.tmp"))


def test_the_newest_twenty_are_kept(tmp_path: Path) -> None:
    path = a_list(tmp_path)
    for number in range(KEPT + 3):
        change_subscriber([path], A, {"name": f"N{number}"})
    assert [each.number for each in list_backups(path)] == list(range(4, KEPT + 4))
    assert (tmp_path / FOLDER / ".gitignore").read_text() == "*\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_edits_stays_open_to_who_owns_the_folder(tmp_path: Path) -> None:
    path = a_list(tmp_path)
    for each in (tmp_path, path):
        os.chown(each, 12345, 12345)
    tmp_path.chmod(0o770)
    change_subscriber([path], A, {"name": "Second"})
    made = [path, tmp_path / FOLDER, tmp_path / ".list.csv.lock"]
    assert {(each.stat().st_uid, each.stat().st_gid) for each in made} == {(12345, 12345)}
    assert [each.stat().st_mode & 0o777 for each in made[1:]] == [0o770, 0o660]
    with lock_list(path):
        pass
