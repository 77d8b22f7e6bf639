"""Lists as their backups have them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from digest.errors import ListError, Problem, StorageError
from digest.model.subscriber import Subscriber
from digest.storage.lists.backups import Backup
from digest.storage.lists.files import ListFile, is_yaml
from digest.storage.lists.reading import parse_row, read_rows
from digest.storage.lists.row import Unreadable
from digest.storage.lists.safe_write import lock_list
from digest.storage.lists.saving import Save, SaveList, save_list
from digest.storage.lists.source import Source, parse_source


def backup_readers(backup: Backup, file: ListFile) -> Iterator[Subscriber]:
    """The readers of a list's backup, each once.

    Raises:
        ListError: it has rows that are no readers.
        StorageError: it cannot be read.
    """
    problems: list[Problem] = []
    shown = f"backup {backup.number} of {file.shown}"
    seen: set[str] = set()
    try:
        source = parse_source(_load(backup), file.path, shown, legacy=not is_yaml(file.path))
        for row in read_rows(source, []):
            parsed = parse_row(row, shown)
            problems.extend(p for p in parsed.problems if not p.warning)
            who = parsed.subscriber
            if who is not None and who.address.key not in seen:
                seen.add(who.address.key)
                yield who
    except Unreadable as error:
        problems.append(error.problem)
    if problems:
        raise ListError(problems)


def restore_backup(backup: Backup, file: ListFile, *, save: Save = save_list) -> None:
    """Put a backup in the place of its list, byte for byte.

    Raises:
        LockHeld: someone else edits the list.
        StorageError: the backup cannot be read, or the list cannot be written.
    """
    with lock_list(file.path) as real:
        content = _load(backup)
        if not real.exists() and isinstance(save, SaveList):
            save = replace(save, like=backup.path)
        now = real.read_bytes() if real.exists() else b""
        save(Source(real, file.shown, now, "utf-8", 0), content)


def _load(backup: Backup) -> bytes:
    try:
        return backup.path.read_bytes()
    except OSError as error:
        raise StorageError(f"{backup.path}: cannot be read: {error.strerror}") from None
