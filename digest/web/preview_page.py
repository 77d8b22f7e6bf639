"""The editor's page: one letter as mail programs show it, with its sizes and findings."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cache
from html import escape
from pathlib import Path

from digest.app.proof_sheet import LIMITS, ProofSheet
from digest.mailing.anatomy import BlockSize, Weight
from digest.mailing.forms import SHOWN
from digest.web.preview_panes import Pane, message_of, panes_of

NAME = "index.html"


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
        panes = list(panes_of(sheet))
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
    yield f"<header>\n<h1>Preview{f' of {sheet.edition.key}' if sheet else ''}"
    words = [escape(_whose(sheet))] if sheet else []
    words += ['<span id="live" role="status">Live</span>'] if live else []
    yield f" <small>{' · '.join(words)}</small></h1>\n"
    if live and live.faults:
        yield from _faults(live.faults, below=sheet is not None)
    if sheet:
        yield from _inbox(sheet)
        yield from _facts(sheet)
        yield from _findings(sheet)
        yield '<div class="more">\n'
        yield from _sizes(sheet)
        yield from _forms(sheet)
        yield "</div>\n"
    yield "</header>\n"


def _whose(sheet: ProofSheet) -> str:
    if sheet.reader is None:
        return "as a reader without wishes gets it"
    return f"as {sheet.reader.address} gets it"


def _faults(faults: Sequence[str], *, below: bool) -> Iterator[str]:
    yield '<section class="broken" role="alert"><h2>The last change cannot be rendered</h2>\n'
    yield f"<pre>{escape(chr(10).join(faults))}</pre>\n"
    if below:
        yield "<p>Below stands the letter from before it.</p>\n"
    yield "</section>\n"


def _inbox(sheet: ProofSheet) -> Iterator[str]:
    preview = sheet.preview
    name, address = parseaddr(str(message_of(sheet)["From"]))
    day = f"{sheet.edition.date:%d %b}".lstrip("0")
    yield '<div class="inbox" role="group" aria-label="In the inbox">'
    yield f'<b dir="auto">{escape(name or address)}</b>'
    yield f'<div class="words" dir="auto">{escape(preview.subject)} '
    yield f"<span>– {escape(preview.preheader)}</span></div>"
    yield f'<span class="muted">{day}</span></div>\n'


def _facts(sheet: ProofSheet) -> Iterator[str]:
    preview, sizes = sheet.preview, sheet.preview.sizes
    yield '<dl class="facts">\n'
    yield _fact("Papers", preview.papers, str(preview.shortened))
    if preview.html:
        share = sizes.html.decoded / LIMITS["budget"]
        over = ' class="over"' if share > 1 else ""
        bar = f'<div class="bar"><i{over} style="width:{min(share, 1):.0%}"></i></div>'
        yield _fact("HTML", sizes.html.decoded, f"of {LIMITS['budget']:,} bytes", bar)
    yield _fact("Text", sizes.text.decoded, "bytes")
    yield _fact("Whole letter", sizes.letter, "bytes on the wire")
    yield _fact("Subject", len(preview.subject), "characters")
    yield _fact("Preheader", len(preview.preheader), "characters")
    yield "</dl>\n"


def _fact(name: str, number: int, words: str, bar: str = "") -> str:
    value = f"{number:,} <small>{escape(words)}</small>{bar}"
    return f"<div><dt>{name}</dt><dd>{value}</dd></div>\n"


def _findings(sheet: ProofSheet) -> Iterator[str]:
    yield '<section class="found"><h2>'
    if not sheet.findings:
        yield "Nothing found wrong</h2></section>\n"
        return
    warnings = len(sheet.findings) - sheet.errors
    yield f"{_count(sheet.errors, 'error')}, {_count(warnings, 'warning')}</h2>\n<ul>\n"
    for found in sheet.findings:
        more = f" (and {found.times - 1} more)" if found.times > 1 else ""
        where = f'<span class="muted">{escape(found.where)}{more}:</span>'
        yield f'<li><span class="{found.severity}">{found.severity}</span> '
        yield f"{escape(found.check)}: {where} {escape(found.words)}</li>\n"
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


def _nav(sheet: ProofSheet, panes: Sequence[Pane]) -> Iterator[str]:
    yield '<nav aria-label="Views">'
    yield from (f'<a href="#{pane.anchor}">{pane.name}</a>' for pane in panes)
    names = (*(["letter.html"] if sheet.preview.html else []), "letter.txt", "letter.eml")
    links = "".join(f'<a href="{name}" target="_blank">{name}</a>' for name in names)
    yield f'<span class="files">{links}</span></nav>\n'
