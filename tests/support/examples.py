"""How many examples a property is tried on."""

from __future__ import annotations

import os

from hypothesis import settings

#: The profile in use, of those that tests/conftest.py knows.
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "steady")


def examples(count: int) -> settings:
    """So many where new ones are drawn; half as many each day, when they are always the same."""
    return settings(max_examples=count if PROFILE == "search" else max(count // 2, 10))
