"""A page that shows every letter of a Maildir: HTML, text and source."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from html import escape
from pathlib import Path

_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0;display:grid;grid-template-columns:22rem 1fr;
height:100vh}
nav{overflow:auto;padding:1.25rem;border-right:1px solid #8884}
h1{font-size:1.25rem;margin:0 0 .25rem}nav p{margin:0 0 1rem}
ol{list-style:none;margin:0;padding:0}li{padding:.75rem 0;border-top:1px solid #8884}
li a{margin-right:.75rem}iframe{border:0;width:100%;height:100%;background:#fff}
@media(max-width:50rem){body{display:block;height:auto}iframe{height:85vh}
nav{border-right:0;border-bottom:1px solid #8884}}
"""


@dataclass(frozen=True, slots=True)
class _Shown:
    to: str
    subject: str
    links: tuple[tuple[str, str], ...]


def write_index(folder: Path, maildir: Path) -> Path:
    """Write `index.html` and one file a part into `folder`; the path of the index."""
    pages = folder / "pages"
    pages.mkdir(exist_ok=True)
    shown = sorted(_write_letters(maildir, pages), key=lambda each: each.to)
    links = sorted((link for each in shown for link in each.links), key=lambda link: link[0])
    first = links[0][1] if links else "about:blank"  # "HTML" sorts before "Source" and "Text"
    rows = "\n".join(_row(each) for each in shown)
    index = folder / "index.html"
    index.write_text(
        f"<!doctype html>\n<html lang=en><meta charset=utf-8>"
        f'<meta name=viewport content="width=device-width,initial-scale=1">'
        f"<title>{len(shown)} letters</title><style>{_STYLE}</style>\n"
        f"<nav><h1>{len(shown)} letters</h1><p>As the mail server took them.</p>"
        f"<ol>\n{rows}\n</ol></nav>\n"
        f'<iframe name=letter title="The letter" src="{escape(first)}"></iframe>\n</html>\n',
        encoding="utf-8",
    )
    return index


def _row(letter: _Shown) -> str:
    links = "".join(
        f'<a href="{escape(link)}" target=letter>{escape(name)}</a>' for name, link in letter.links
    )
    return f"<li><strong>{escape(letter.to)}</strong><br>{escape(letter.subject)}<br>{links}</li>"


def _write_letters(maildir: Path, pages: Path) -> Iterator[_Shown]:
    box = mailbox.Maildir(maildir, create=False)
    for number, key in enumerate(sorted(box.keys()), 1):
        raw = box.get_bytes(key)
        message = BytesParser(policy=policy.default).parsebytes(raw)
        (pages / f"{number}.eml.txt").write_bytes(raw)
        links = [*_bodies(message, pages, number), ("Source", f"pages/{number}.eml.txt")]
        yield _Shown(str(message["To"]), str(message["Subject"]), tuple(links))


def _bodies(message: EmailMessage, pages: Path, number: int) -> Iterator[tuple[str, str]]:
    for kind, suffix, name in (("html", "html", "HTML"), ("plain", "txt", "Text")):
        part = message.get_body((kind,))
        if part is not None:
            file = pages / f"{number}.{suffix}"
            mark = "\ufeff" if suffix == "txt" else ""  # tells a browser that it is UTF-8
            file.write_text(mark + part.get_content(), encoding="utf-8")
            yield name, f"pages/{file.name}"
