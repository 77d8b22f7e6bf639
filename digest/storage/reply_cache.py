"""Keep HTTP replies in files, for conditional requests at the next run.

The cache only saves work: what is missing, damaged or could not be written is fetched again.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from digest.model import StoredReply
from digest.storage.atomic import make_private_folder, save_file

_SUFFIX = ".reply"
_LONGEST_HEADER = 65_536


class FileReplyCache:
    """Replies in `folder`, one file each, at most `most_bytes` together.

    A file is one line of JSON (what the reply said of itself, with the body's SHA-256),
    then the body.
    """

    def __init__(self, folder: Path, *, most_bytes: int = 200_000_000) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    def load(self, url: str) -> StoredReply | None:
        """The reply kept for `url`, or None."""
        try:
            with self._path(url).open("rb") as file:
                header = json.loads(file.readline(_LONGEST_HEADER))
                body = file.read()
            if header["url"] != url or header["sha256"] != hashlib.sha256(body).hexdigest():
                return None
            return StoredReply(
                url=url,
                body=body,
                content_type=str(header["content_type"]),
                fetched_at=datetime.fromisoformat(header["fetched_at"]),
                etag=header["etag"],
                last_modified=header["last_modified"],
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, reply: StoredReply) -> None:
        """Keep `reply` in place of an older one; the oldest files go when there are too many."""
        header = {
            "url": reply.url,
            "sha256": hashlib.sha256(reply.body).hexdigest(),
            "content_type": reply.content_type,
            "fetched_at": reply.fetched_at.isoformat(),
            "etag": reply.etag,
            "last_modified": reply.last_modified,
        }
        content = json.dumps(header).encode() + b"\n" + reply.body
        if len(content) > self._most_bytes:
            return
        with suppress(OSError):
            make_private_folder(self._folder)
            save_file(self._path(reply.url), content)
            self._prune(self._path(reply.url))

    def _path(self, url: str) -> Path:
        return self._folder / (hashlib.sha256(url.encode("utf-8", "replace")).hexdigest() + _SUFFIX)

    def _prune(self, kept: Path) -> None:
        """Remove the oldest files until the rest fits; `kept` was just written and stays."""
        found = []
        for path in self._folder.glob(f"*{_SUFFIX}"):
            with suppress(FileNotFoundError):  # another run may prune as well
                status = path.stat()
                found.append((path == kept, status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, _, size, _ in found)
        for _, _, size, path in sorted(found):
            if total <= self._most_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size
