"""A proof sheet as lines and as a table on the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from digest.app.proof_sheet import LIMITS, ProofSheet
from digest.mailing.anatomy import Weight
from digest.mailing.forms import SHOWN

_COLUMNS = ("block", "number", "HTML", "encoded", "text", "encoded")


def sheet_lines(sheet: ProofSheet) -> Iterator[str]:
    """The letter in a few lines: subject, papers, bytes per part."""
    preview, sizes = sheet.preview, sheet.preview.sizes
    yield f"edition: {sheet.edition.key}"
    yield f"subject: {preview.subject}"
    yield f"preheader: {preview.preheader}"
    yield f"papers: {preview.papers}: {preview.shortened}"
    html = ""
    if preview.html:
        share = sizes.html.decoded / LIMITS["budget"]
        html = f"HTML {sizes.html.decoded:,} ({share:.0%} of {LIMITS['budget']:,}), "
    yield f"bytes: {html}text {sizes.text.decoded:,}, whole letter {sizes.letter:,}"


def sizes_table(sheet: ProofSheet) -> Iterator[str]:
    """Bytes by kind of block, the parts, the whole, and how each paper is shown."""
    sizes = sheet.preview.sizes
    yield _row(_COLUMNS)
    for block in sizes.blocks:
        yield _row((block.kind, f"{block.count:,}", *_weights(block.html), *_weights(block.text)))
    yield _row(("parts", "", *_weights(sizes.html), *_weights(sizes.text)))
    yield ""
    yield f"headers {sizes.headers:,}, whole letter {sizes.letter:,}"
    if sheet.preview.html:
        yield (
            f"HTML {sizes.html.decoded:,} of {LIMITS['budget']:,}; "
            f"Gmail clips past {LIMITS['gmail_clips']:,}"
        )
    for form, papers in sheet.shown():
        if papers:
            yield ""
            yield f"{SHOWN.get(form, 'only online')} ({len(papers)}):"
            yield from (f"  {paper.title}" for paper in papers)


def _row(cells: tuple[str, ...]) -> str:
    first, *rest = cells
    return (f"{first:<10}" + "".join(f"{cell:>10}" for cell in rest)).rstrip()


def _weights(weight: Weight) -> tuple[str, str]:
    decoded, encoded = (f"{number:,}" if number else "-" for number in weight)
    return decoded, encoded
