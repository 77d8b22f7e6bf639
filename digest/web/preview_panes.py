"""The letter of the editor's page: as mail programs show it, as text, and as it is on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from html import escape

from digest.app.proof_sheet import ProofSheet
from digest.web.scheme import Scheme, show_scheme

_FRAGMENT = re.compile(r'\bhref="#')
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
# Links open beside the page. A frame's own address is not where its text comes from.
_BASE = '<base target="_blank">'
_OWN = 'target="_self" href="about:srcdoc#'


@dataclass(frozen=True, slots=True)
class Pane:
    """One view of the letter: `anchor` is its place in the page."""

    name: str
    markup: str

    @property
    def anchor(self) -> str:
        return self.name.lower()


def panes_of(sheet: ProofSheet) -> Iterator[Pane]:
    """All views that the letter has."""
    if sheet.preview.html:
        yield _frame(sheet, "Letter", "light", "wide")
        yield _frame(sheet, "Dark", "dark", "wide")
        yield _frame(sheet, "Phone", "light", "phone", "375 pixels wide")
    text = f'<pre class="sheet" tabindex="0" dir="auto">{escape(sheet.preview.text)}</pre>'
    yield _pane("Text", "plain", text)
    yield _pane("Source", "plain", "".join(_source(sheet)))


def message_of(sheet: ProofSheet) -> EmailMessage:
    """The letter with its header fields decoded."""
    message = BytesParser(policy=policy.default).parsebytes(sheet.preview.letter.content)
    assert isinstance(message, EmailMessage)
    return message


def _frame(sheet: ProofSheet, name: str, scheme: Scheme, shape: str, words: str = "") -> Pane:
    html = _FRAGMENT.sub(_OWN, show_scheme(sheet.preview.html, scheme))
    html = _HEAD.sub(lambda head: head[0] + _BASE, html, count=1)
    # Of the same origin, so that the page can put it where one had scrolled. Nothing in it runs.
    frame = (
        f'<iframe class="sheet" title="{name}" tabindex="0" referrerpolicy="no-referrer" '
        'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox" '
        f'srcdoc="{escape(html)}"></iframe>'
    )
    return _pane(name, f"{shape} {scheme}", frame, words)


def _pane(name: str, shape: str, sheet: str, words: str = "") -> Pane:
    small = f" <small>{words}</small>" if words else ""
    label = f"{name.lower()}-name"
    head = f'<h2 id="{label}">{name}{small}</h2>'
    start = f'<section class="pane {shape}" id="{name.lower()}" aria-labelledby="{label}">'
    return Pane(name, f"{start}{head}{sheet}</section>\n")


def _source(sheet: ProofSheet) -> Iterator[str]:
    yield '<div class="sheet source" tabindex="0" role="group" aria-label="Source"><dl>\n'
    for name, value in message_of(sheet).items():
        yield f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>\n"
    raw = sheet.preview.letter.content.decode("utf-8", "replace").replace("\r\n", "\n")
    yield f"</dl><pre>{escape(raw)}</pre></div>"
