"""The editor's page: one letter as mail programs show it, with its sizes and findings."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from functools import cache
from html import escape
from pathlib import Path

from digest.app.proof_sheet import LIMITS, ProofSheet
from digest.mailing.anatomy import BlockSize, Weight
from digest.mailing.forms import SHOWN
from digest.web.scheme import Scheme, show_scheme

NAME = "index.html"
_FRAGMENT = re.compile(r'\bhref="#')
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
# Links open beside the page. A frame's own address is not where its text comes from.
_BASE = '<base target="_blank">'
_OWN = 'target="_self" href="about:srcdoc#'


@dataclass(frozen=True, slots=True)
class Live:
    """What a page knows that is watched: its version, and why there is no newer letter."""

    version: str
    faults: Sequence[str] = ()


def preview_page(sheet: ProofSheet | None, live: Live | None = None) -> str:
    """A page that needs no other file; its letters fetch their own pictures.

    `sheet` is None where no letter could be made yet, which only happens to a live page.
    """
    title = sheet.preview.subject if sheet else "No letter yet"
    version = f' data-version="{escape(live.version)}"' if live else ""
    parts = [
        f'<!doctype html>\n<html lang="en"{version}>\n<head>\n<meta charset="utf-8">\n',
        f'<meta http-equiv="Content-Security-Policy" content="{content_policy()}">\n',
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n',
        '<meta name="referrer" content="no-referrer">\n',
        f"<title>{escape(title)}</title>\n<style>\n{_asset('css')}</style>\n</head>\n<body>\n",
        *_header(sheet, live),
    ]
    if sheet:
        panes = list(_panes(sheet))
        parts += _nav(sheet, panes)
        parts.append('<main tabindex="0" aria-label="The letter, side by side">\n')
        parts += [pane.markup for pane in panes]
        parts.append("</main>\n")
    else:
        parts.append('<main aria-label="The letter"><p class="muted">No letter yet.</p></main>\n')
    if live:
        parts.append(f"<script>\n{_asset('js')}</script>\n")
    return "".join((*parts, "</body>\n</html>\n"))


def content_policy() -> str:
    """What a browser may do for the page: run our script, show pictures, ask the same server."""
    script = b64encode(hashlib.sha256(f"\n{_asset('js')}".encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{script}'; style-src 'unsafe-inline'; "
        "img-src http: https: data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
    )


@cache
def _asset(kind: str) -> str:
    return Path(__file__).with_suffix(f".{kind}").read_text(encoding="utf-8")


# Above the letters


def _header(sheet: ProofSheet | None, live: Live | None) -> Iterator[str]:
    yield "<header>\n"
    if sheet:
        to = str(sheet.preview.letter.envelope.recipient)
        yield f"<h1>Preview of {sheet.edition.key}</h1>\n"
        yield f'<p class="sub">As {escape(to)} gets it'
    else:
        yield '<h1>Preview</h1>\n<p class="sub">'
    if live:
        yield f'{" · " if sheet else ""}<span id="live" role="status">Live</span>'
    yield "</p>\n"
    if live and live.faults:
        yield from _faults(live.faults, below=sheet is not None)
    if sheet:
        yield from _inbox(sheet)
        yield from _facts(sheet)
        yield from _findings(sheet)
        yield from _sizes(sheet)
        yield from _forms(sheet)
    yield "</header>\n"


def _faults(faults: Sequence[str], *, below: bool) -> Iterator[str]:
    yield '<section class="broken" role="alert"><h2>The last change could not be rendered</h2>\n'
    yield f"<pre>{escape(chr(10).join(faults))}</pre>\n"
    if below:
        yield "<p>Below stands the letter before it.</p>\n"
    yield "</section>\n"


def _inbox(sheet: ProofSheet) -> Iterator[str]:
    message, preview = _message(sheet), sheet.preview
    name, address = parseaddr(str(message["From"]))
    day = f"{sheet.edition.date:%d %b}".lstrip("0")
    yield f'<div class="inbox" role="group" aria-label="In the inbox"><b>{escape(name or address)}</b>'
    yield f'<div class="words" dir="auto">{escape(preview.subject)} '
    yield f"<span>– {escape(preview.preheader)}</span></div>"
    yield f'<time class="muted">{day}</time></div>\n'


def _facts(sheet: ProofSheet) -> Iterator[str]:
    preview, sizes = sheet.preview, sheet.preview.sizes
    yield '<dl class="facts">\n'
    yield _fact("Papers", f"{preview.papers:,}", str(preview.shortened))
    if preview.html:
        share = sizes.html.decoded / LIMITS["budget"]
        over = ' class="over"' if share > 1 else ""
        bar = f'<div class="bar"><i{over} style="width:{min(share, 1):.0%}"></i></div>'
        words = f"{share:.0%} of {LIMITS['budget']:,} bytes"
        yield _fact("HTML", f"{sizes.html.decoded:,}{bar}", words)
    yield _fact("Text", f"{sizes.text.decoded:,}", "bytes")
    yield _fact("Whole letter", f"{sizes.letter:,}", "bytes on the wire")
    yield _fact("Subject", f"{len(preview.subject)}", "characters")
    yield _fact("Preheader", f"{len(preview.preheader)}", "characters")
    yield "</dl>\n"


def _fact(name: str, value: str, words: str) -> str:
    return f"<div><dt>{name}</dt><dd>{value}</dd><dd><small>{escape(words)}</small></dd></div>\n"


def _findings(sheet: ProofSheet) -> Iterator[str]:
    yield '<section class="found"><h2>'
    if not sheet.findings:
        yield "Nothing was found in headers, links, size and contrast</h2></section>\n"
        return
    warnings = len(sheet.findings) - sheet.errors
    yield f"{_count(sheet.errors, 'error')}, {_count(warnings, 'warning')}</h2>\n<ul>\n"
    for found in sheet.findings:
        more = f" (and {found.times - 1} more)" if found.times > 1 else ""
        yield f'<li><span class="{found.severity}">{found.severity}</span> {escape(found.check)}: '
        yield f'<span class="muted">{escape(found.where)}{more}:</span> {escape(found.words)}</li>\n'
    yield "</ul></section>\n"


def _sizes(sheet: ProofSheet) -> Iterator[str]:
    sizes = sheet.preview.sizes
    yield "<details><summary>Bytes by kind of block</summary>\n"
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Bytes by kind of block">'
    yield '<table>\n<thead><tr><th scope="col">Block</th><th scope="col">Number</th>'
    for part in ("HTML", "HTML on the wire", "Text", "Text on the wire"):
        yield f'<th scope="col">{part}</th>'
    yield "</tr></thead>\n<tbody>\n"
    for block in sizes.blocks:
        yield _size_row(block)
    yield f'</tbody>\n<tfoot><tr><th scope="row">Parts</th><td></td>{_cells(sizes.html)}'
    yield f"{_cells(sizes.text)}</tr></tfoot>\n</table></div>\n"
    yield f'<p class="muted">Headers {sizes.headers:,}, whole letter {sizes.letter:,}. '
    yield f"Gmail clips HTML past {LIMITS['gmail_clips']:,} bytes.</p></details>\n"


def _size_row(block: BlockSize) -> str:
    cells = f"<td>{block.count}</td>{_cells(block.html)}{_cells(block.text)}"
    return f'<tr><th scope="row">{block.kind}</th>{cells}</tr>\n'


def _cells(weight: Weight) -> str:
    return "".join(f"<td>{number:,}</td>" if number else "<td>–</td>" for number in weight)


def _forms(sheet: ProofSheet) -> Iterator[str]:
    yield '<details class="papers"><summary>How each paper is shown</summary>\n'
    for form, papers in sheet.shown():
        if papers:
            yield f"<h3>{SHOWN.get(form, 'only online')} ({len(papers)})</h3>\n<ul>\n"
            yield from (f'<li dir="auto">{escape(paper.title)}</li>\n' for paper in papers)
            yield "</ul>\n"
    yield "</details>\n"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


# The letters


@dataclass(frozen=True, slots=True)
class _Pane:
    name: str
    markup: str

    @property
    def anchor(self) -> str:
        return self.name.lower()


def _nav(sheet: ProofSheet, panes: Sequence[_Pane]) -> Iterator[str]:
    yield '<nav aria-label="Views">'
    yield from (f'<a href="#{pane.anchor}">{pane.name}</a>' for pane in panes)
    names = ["letter.html"] if sheet.preview.html else []
    links = "".join(
        f'<a href="{name}" target="_blank">{name}</a>'
        for name in (*names, "letter.txt", "letter.eml")
    )
    yield f'<span class="files">{links}</span></nav>\n'


def _panes(sheet: ProofSheet) -> Iterator[_Pane]:
    if sheet.preview.html:
        yield _frame(sheet, "Letter", "light", "wide")
        yield _frame(sheet, "Dark", "dark", "wide")
        yield _frame(sheet, "Phone", "light", "phone", "375 pixels wide")
    text = f'<pre class="sheet" tabindex="0" dir="auto">{escape(sheet.preview.text)}</pre>'
    yield _pane("Text", "plain", text)
    yield _pane("Source", "plain", "".join(_source(sheet)))


def _frame(sheet: ProofSheet, name: str, scheme: Scheme, shape: str, words: str = "") -> _Pane:
    html = _FRAGMENT.sub(_OWN, show_scheme(sheet.preview.html, scheme))
    html = _HEAD.sub(lambda head: head[0] + _BASE, html, count=1)
    # Of the same origin, so that the page can put it where one had scrolled. Nothing in it runs.
    frame = (
        f'<iframe class="sheet" title="{name}" tabindex="0" referrerpolicy="no-referrer" '
        'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox" '
        f'srcdoc="{escape(html)}"></iframe>'
    )
    return _pane(name, f"{shape} {scheme}", frame, words)


def _pane(name: str, shape: str, sheet: str, words: str = "") -> _Pane:
    small = f" <small>{words}</small>" if words else ""
    pane = (
        f'<section class="pane {shape}" id="{name.lower()}" aria-labelledby="{name.lower()}-name">'
    )
    head = f'<h2 id="{name.lower()}-name">{name}{small}</h2>'
    return _Pane(name, f"{pane}{head}{sheet}</section>\n")


def _source(sheet: ProofSheet) -> Iterator[str]:
    yield '<div class="sheet source" tabindex="0" role="group" aria-label="Source"><dl>\n'
    for name, value in _message(sheet).items():
        yield f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>\n"
    raw = sheet.preview.letter.content.decode("utf-8", "replace").replace("\r\n", "\n")
    yield f"</dl><pre>{escape(raw)}</pre></div>"


def _message(sheet: ProofSheet) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(sheet.preview.letter.content)
    assert isinstance(message, EmailMessage)
    return message
