"""Is the HTML part small enough to be shown whole?

Gmail clips past about 102 KB, with the foot and its unsubscribe link, and drops every style past
16 KB (8 KB in older reports): https://github.com/hteumeuleu/email-bugs/issues/41 and /90.
"""

from __future__ import annotations

import re

from digest.proofing.finding import Findings, error, warning
from digest.proofing.opened import Opened

#: Octets of decoded HTML: what we aim at, and where Gmail clips.
AIM, CLIPPED = 96_000, 102_400
#: Octets of all style sheets together: read by every client, and by Gmail.
STYLE_AIM, STYLE_DROPPED = 8_192, 16_384

_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style", re.DOTALL | re.IGNORECASE)
# No text has these; a single C1 control character makes Gmail clip a short letter (#41).
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def check_size(letter: Opened) -> Findings:
    """The HTML part's octets, its style sheets' octets, and control characters in any part."""
    for part in letter.parts:
        found = _CONTROL.search(part.text) if part.kind.startswith("text/") else None
        if found:
            line = part.text.count("\n", 0, found.start()) + 1
            words = f"holds the control character U+{ord(found[0]):04X}, which makes Gmail clip it"
            yield error("size", f"{part.kind} line {line}", f"{words}; remove it")
    html = letter.part("text/html")
    if html:
        yield from _check_html(len(html.octets), _style_octets(html.text))


def _check_html(octets: int, style: int) -> Findings:
    said = f"has {octets:,} bytes"
    if octets > CLIPPED:
        yield error("size", "text/html", f"{said}; Gmail clips past {CLIPPED:,}: shorten papers")
    elif octets > AIM:
        yield warning("size", "text/html", f"{said}; keep it within {AIM:,}: Gmail clips soon")
    said = f"style sheets have {style:,} bytes together"
    if style > STYLE_DROPPED:
        yield error("size", "<style>", f"{said}; Gmail drops all past {STYLE_DROPPED:,}")
    elif style > STYLE_AIM:
        yield warning("size", "<style>", f"{said}; older clients read {STYLE_AIM:,}")


def _style_octets(html: str) -> int:
    # What stands in a comment is for Outlook alone.
    shown = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    return sum(len(found.encode()) for found in _STYLE.findall(shown))
