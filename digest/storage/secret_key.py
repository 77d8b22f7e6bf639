"""Keep the key that signs readers' links, made once."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from digest.errors import ConfigError, Problem, StorageError, UsageError
from digest.storage.atomic import create_file, make_private_folder, save_file
from digest.storage.state_marker import load_marker, save_marker

#: The key file's name in the state folder: one key a line, the newest first.
NAME = "secret.key"

_VARIABLE = "DIGEST_SECRET_KEY"
_SHORTEST = 16


def load_keys(folder: Path, environment: str | None, *, make: bool = True) -> tuple[bytes, ...]:
    """The signing keys, newest first: new links use the first, old links match any.

    `environment` is the value of DIGEST_SECRET_KEY (several keys are split at commas); without
    it the key is in the state folder `folder`, where the first run makes it if `make` allows it.

    Raises:
        ConfigError: a key is too short, is readable by others, or was lost.
        StorageError: the key file cannot be made or read.
    """
    if environment is not None and environment.strip():
        return _parse(environment.replace(",", "\n"), _VARIABLE)
    path = folder / NAME
    try:
        if make and not path.exists():
            _make(path)
        return _parse(read_private(path).decode(), str(path))
    except OSError as error:
        raise StorageError(f"{path}: cannot be used: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _wrong(str(path), "is not a key file", "restore it from a backup") from None


def rotate_keys(folder: Path, environment: str | None) -> tuple[bytes, ...]:
    """Put a new key in front of those there are; gives all of them, newest first.

    New links are made with it; those in letters that were sent go on working. Programs that run
    see the file change.

    Raises:
        UsageError: the keys are in DIGEST_SECRET_KEY, which only a person can change.
        ConfigError: as `load_keys`.
        StorageError: the file cannot be written; the keys are as they were.
    """
    if environment is not None and environment.strip():
        raise UsageError(
            f"the keys are in {_VARIABLE}: put a new one in front there, with a comma behind it,"
            " and start `digest serve` again"
        )
    load_keys(folder, None)  # made, if there is none yet
    path = folder / NAME
    try:
        with _alone(folder):
            keys = load_keys(folder, None)
            keys = (secrets.token_hex(32).encode(), *keys)
            save_file(path, b"\n".join(keys) + b"\n")
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}") from None
    return keys


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two rotations at once would lose one of the new keys, and the links made with it."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def has_keys(folder: Path, environment: str | None) -> bool:
    """Whether there are keys, so that looking need not make one."""
    return bool(environment and environment.strip()) or (folder / NAME).exists()


def fingerprint(key: bytes) -> str:
    """A short name for a key that does not tell it."""
    return hmac.new(key, b"fingerprint", hashlib.sha256).hexdigest()[:16]


def _make(path: Path) -> None:
    marker = load_marker(path.parent)
    if "secret_key" in marker and not path.exists():  # another program may just have made it
        # A new key would end the unsubscribe links in all letters that were sent.
        mend = f"restore it from a backup, or give the key in {_VARIABLE}"
        raise _wrong(str(path), "is missing although it existed before", mend)
    make_private_folder(path.parent)
    create_file(path, secrets.token_hex(32).encode() + b"\n")
    save_marker(path.parent, secret_key=NAME)


def read_private(path: Path, key: str = "") -> bytes:
    """A secret's file, which nobody else may read. `key` is the setting that names it.

    Raises:
        ConfigError: others can read it.
        OSError: we cannot.
    """
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            what, mend = f"can be read by others (mode {mode:o})", f"chmod 600 {path}"
            raise ConfigError([Problem(file=str(path), key=key, what=what, mend=mend)])
        return file.read(65_536)


def _parse(text: str, place: str) -> tuple[bytes, ...]:
    keys = tuple(line.strip().encode() for line in text.splitlines() if line.strip())
    if not keys:
        raise _wrong(place, "holds no key", "restore it from a backup")
    if any(len(key) < _SHORTEST for key in keys):
        mend = 'make one with: python -c "import secrets; print(secrets.token_hex(32))"'
        raise _wrong(place, f"holds a key of fewer than {_SHORTEST} characters", mend)
    return keys


def _wrong(place: str, what: str, mend: str) -> ConfigError:
    return ConfigError([Problem(file=place, what=what, mend=mend)])
