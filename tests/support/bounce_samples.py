"""flufl.bounce's samples of bounces, and whom each is about."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "data" / "bounces"


@dataclass(frozen=True)
class Sample:
    """A bounce as it came; `temporary` says that it only warns of a delay."""

    name: str
    raw: bytes
    addresses: frozenset[str]
    temporary: bool

    def returned_to(self, address: str) -> bytes:
        """The sample as if it had come back to this address."""
        raw = self.raw
        if raw.startswith(b"From "):  # of an mbox
            raw = raw.partition(b"\n")[2]
        return f"Delivered-To: {address}\n".encode() + raw


@cache
def samples() -> tuple[Sample, ...]:
    """All of them, those that are no bounces as well."""
    expected = json.loads((_FOLDER / "expected.json").read_text("utf-8"))
    found = []
    for path in sorted((_FOLDER / "flufl").glob("*.txt")):
        facts = expected.get(path.name, {"addresses": [], "temporary": False})
        addresses = frozenset(facts["addresses"])
        found.append(Sample(path.name, path.read_bytes(), addresses, facts["temporary"]))
    return tuple(found)
