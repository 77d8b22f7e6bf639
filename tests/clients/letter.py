"""The letter that every client shows: the demo's, as its mail server took it."""

from __future__ import annotations

import re
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path

from tests.support.web import Answer, Site

READER = "ada@example.org"
_THUMBNAIL = re.compile(r"https://[^\s\"]+(/[^/\s\"]+\.png)")


def demo_letter(folder: Path) -> bytes:
    """The letter to the reader who gets every paper, after a run of `digest demo` in `folder`."""
    words = [sys.executable, "-m", "digest", "demo", "--out", folder]
    subprocess.run(words, check=True, capture_output=True)
    letters = [path.read_bytes() for path in sorted((folder / "letters" / "new").iterdir())]
    return next(each for each in letters if READER in message_from_bytes(each)["To"])


def with_pictures_from(content: bytes, site: Site, picture: bytes) -> bytes:
    """The letter with its thumbnails at `site`, so that a client can fetch them on loopback."""
    message = message_from_bytes(content, policy=policy.compat32)
    part = _html_part(message)
    html = part.get_payload(decode=True)
    assert isinstance(html, bytes)
    answer = Answer(body=picture, content_type="image/png")
    moved = _THUMBNAIL.sub(lambda found: site.serve(found[1], answer), html.decode())
    del part["Content-Transfer-Encoding"]
    part.set_payload(moved, charset="utf-8")
    return message.as_bytes()


def _html_part(message: Message) -> Message:
    return next(part for part in message.walk() if part.get_content_type() == "text/html")
