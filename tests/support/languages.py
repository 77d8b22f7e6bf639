"""The newsletter's languages as shipped, and catalogues made up for a test."""

from __future__ import annotations

from pathlib import Path

from digest.model import Catalogue
from digest.rendering.language import Language, speak
from digest.storage.catalogues import load_catalogues

#: Those with a shipped catalogue; English is what the templates say themselves.
SHIPPED = ("ar", "de", "es", "fr", "zh")
_NOWHERE = Path("/nowhere")  # no catalogues of a person's own


def language_of(tag: str) -> Language:
    return speak(tag, load_catalogues(tag, _NOWHERE))


def catalogue(text: str, tag: str = "fr", place: str = "") -> Catalogue:
    return Catalogue(tag=tag, place=place or f"locale/{tag}.po", text=text)
