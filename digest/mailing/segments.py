"""The names of segments: a choice of papers, in one of an edition's looks."""

from __future__ import annotations


def segment_in(look: str, choice: str) -> str:
    """The segment of a choice in a template set; "" is the newsletter's own."""
    return f"{look}/{choice}" if look else choice


def look_of(segment: str) -> str:
    """The template set that a segment's letters are in."""
    return segment.rpartition("/")[0]
