"""The shipped template sets, read straight from the checkout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from digest.model import TemplateSet

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


def shipped_templates(name: str = "daily", own: Mapping[str, str] | None = None) -> TemplateSet:
    """The set `name` as shipped; `own` files stand in front of it, as a person's folder would."""
    files: dict[str, str] = {}
    places: dict[str, str] = {}
    for path in sorted((TEMPLATES / name).iterdir()):
        for key in (path.name, f"{name}/{path.name}"):
            files[key] = path.read_text("utf-8")
            places[key] = f"templates/{name}/{path.name}"
    for key, text in (own or {}).items():
        files[key] = text
        places[key] = f"/home/ada/letters/templates/{name}/{key}"
    return TemplateSet(name=name, files=files, places=places)
