"""What `probe.js` measured in a client, told in a line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Defines the function `probe(root)`.
SCRIPT = Path(__file__).with_name("probe.js").read_text(encoding="utf-8")


def tell(view: str, found: Mapping[str, Any]) -> str:
    """One line for one view of one client."""
    contrast, words = found["contrast"]
    hidden = sorted(set(found["hidden"]))
    parts = [
        f"lowest contrast {contrast:.2f} ({words!r})",
        f"smallest text {found['smallest']:g} px",
        f"{found['wider']} px too wide" if found["wider"] else "not too wide",
        f"{found['links']} links, {len(found['hidden'])} of them look like text"
        + (f" ({', '.join(hidden[:5])})" if hidden else ""),
        f"{found['jumps']} jumps, {found['dead']} without a target",
        f"@media kept: {', '.join(found['media']) or 'none'}",
    ]
    return f"{view}: {'; '.join(parts)}"
