"""Remember beside the database that there was one, so that a lost one is noticed.

A ledger that vanished and is silently made again would mail every reader a second time. The
marker, `state.json`, is tiny and holds no address.
"""

from __future__ import annotations

import json
from pathlib import Path

from digest.errors import StorageError
from digest.storage.atomic import make_private_folder, save_file
from digest.storage.permission import explain

NAME = "state.json"


def load_marker(folder: Path) -> dict[str, str]:
    """What `folder` remembers; empty when it never held a state.

    Raises:
        StorageError: the marker is there and cannot be read.
    """
    path = folder / NAME
    try:
        facts = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StorageError(explain(error, path, "cannot be read")) from None
    except ValueError as error:
        raise StorageError(f"{path}: cannot be read ({error}); restore it from a backup") from None
    if not isinstance(facts, dict):
        raise StorageError(f"{path}: is not a state marker; restore it from a backup")
    return {str(key): str(value) for key, value in facts.items()}


def save_marker(folder: Path, **facts: str) -> None:
    """Add `facts` to what `folder` remembers.

    Raises:
        StorageError: the marker cannot be written.
    """
    text = json.dumps(load_marker(folder) | facts, indent=2, sort_keys=True) + "\n"
    try:
        make_private_folder(folder)
        save_file(folder / NAME, text.encode())
    except OSError as error:
        raise StorageError(explain(error, folder / NAME, "cannot be written")) from None
