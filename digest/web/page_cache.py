"""Pages that were made, with what a browser needs to ask whether they changed."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

#: Bytes of pages that are kept.
ROOM = 64_000_000
_MOMENTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page as bytes, plain and packed. `modified`: when it was first made with this content."""

    body: bytes
    packed: bytes
    kind: str
    tag: str
    modified: datetime

    def headers(self, packed: bool) -> dict[str, str]:
        """What says which content this is."""
        told = {
            "ETag": f'"{self.tag}-gz"' if packed else f'"{self.tag}"',
            "Last-Modified": format_datetime(self.modified, usegmt=True),
            "Vary": "Accept-Encoding",
        }
        return told | {"Content-Encoding": "gzip"} if packed else told

    def is_known(self, asked: Mapping[str, str]) -> bool:
        """Whether one who asks with these headers has it already (RFC 9110 §13.2.2)."""
        if (tags := asked.get("if-none-match")) is not None:
            known = {tag.strip().removeprefix("W/").strip('"') for tag in tags.split(",")}
            return bool(known & {self.tag, f"{self.tag}-gz", "*"})
        since = asked.get("if-modified-since")
        try:
            return since is not None and parsedate_to_datetime(since) >= self.modified
        except (ValueError, TypeError):  # no date, or one without a zone
            return False


class PageCache:
    """Pages by name, as long as what they show is of one version; those not asked for go first."""

    def __init__(self, clock: Callable[[], datetime], room: int = ROOM) -> None:
        self._clock = clock
        self._room = room
        self._lock = threading.Lock()
        self._version: Hashable = None
        self._sheets: OrderedDict[Hashable, Sheet] = OrderedDict()
        self._size = 0
        self._moments: OrderedDict[Hashable, tuple[str, datetime]] = OrderedDict()

    def get(self, name: Hashable, version: Hashable) -> Sheet | None:
        with self._lock:
            if version != self._version or name not in self._sheets:
                return None
            self._sheets.move_to_end(name)
            return self._sheets[name]

    def put(self, name: Hashable, version: Hashable, text: str, kind: str) -> Sheet:
        """Keep a page. Its moment is the old one if the content is."""
        body = text.encode("utf-8", "replace")
        tag = hashlib.sha256(body).hexdigest()[:20]
        packed = gzip.compress(body, 6, mtime=0)
        with self._lock:
            if version != self._version:
                self._version, self._size = version, 0
                self._sheets.clear()
            sheet = Sheet(
                body=body, packed=packed, kind=kind, tag=tag, modified=self._moment(name, tag)
            )
            self._size += len(body) + len(packed)
            if old := self._sheets.pop(name, None):
                self._size -= len(old.body) + len(old.packed)
            self._sheets[name] = sheet
            while self._size > self._room and len(self._sheets) > 1:
                _, gone = self._sheets.popitem(last=False)
                self._size -= len(gone.body) + len(gone.packed)
            return sheet

    def _moment(self, name: Hashable, tag: str) -> datetime:
        known = self._moments.pop(name, None)
        moment = known[1] if known and known[0] == tag else _whole(self._clock())
        if known and known[0] != tag:  # or who asks by the moment alone would keep the old one
            moment = max(moment, known[1] + timedelta(seconds=1))
        self._moments[name] = (tag, moment)
        while len(self._moments) > _MOMENTS:
            self._moments.popitem(last=False)
        return moment


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


@lru_cache(maxsize=256)
def takes_gzip(accepted: str) -> bool:
    """Whether a client with this Accept-Encoding reads what is packed (RFC 9110 §12.5.3)."""
    weights = {}
    for each in accepted.lower().split(","):
        coding, _, weight = each.partition(";")
        weights[coding.strip()] = weight.replace(" ", "").removeprefix("q=")
    weight = weights.get("gzip", weights.get("x-gzip", weights.get("*", "0")))
    return weight == "" or weight.strip("0.") != ""
