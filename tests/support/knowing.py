"""What the editor knows beforehand, as shipped or with a config's changes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from digest.app.knowledge import know
from digest.config import ThemesConfig
from digest.editorial.knowledge import Knowledge


@cache
def shipped_knowledge() -> Knowledge:
    """The built-in themes and space, with no names of earlier days."""
    return know(ThemesConfig(), Path())[1]
