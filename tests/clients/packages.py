"""The Debian packages that bring the clients and what looks at them (`packages.txt`)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

NAMES = tuple(Path(__file__).with_name("packages.txt").read_text(encoding="utf-8").split())


def missing() -> str:
    """What to do before the clients can be run; empty where all packages are here."""
    if shutil.which("dpkg-query") is None:
        return "the clients run on Debian; there is no dpkg-query here"
    lost = [name for name in NAMES if not version(name)]
    return f"not installed: apt-get install {' '.join(lost)}" if lost else ""


def versions(names: Sequence[str]) -> str:
    """ "thunderbird 1:153.7.0esr-1~deb12u1, ..." """
    return ", ".join(f"{name} {version(name)}" for name in names)


def version(name: str) -> str:
    """As installed, or nothing."""
    words = ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}", name]
    told = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    state, _, number = told.partition(" ")
    return number if state == "installed" else ""
