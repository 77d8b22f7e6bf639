"""Everything that an editor looks at before an edition goes out: one letter, proofed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from digest.app.house import House
from digest.app.preview import Preview, preview_letter
from digest.mailing.anatomy import Weight
from digest.mailing.assemble import BUDGET
from digest.mailing.forms import ONLINE, SHOWN
from digest.model import Edition, Paper, Subscriber
from digest.proofing import Finding, Severity, proof_letter
from digest.proofing.size import CLIPPED

#: Bytes of decoded HTML: what a letter is kept within, and where Gmail clips.
LIMITS = {"budget": BUDGET, "gmail_clips": CLIPPED}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofSheet:
    """A letter with what a local check found in it. `reader` is None for one without wishes."""

    edition: Edition
    reader: Subscriber | None
    preview: Preview
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        return sum(finding.severity is Severity.ERROR for finding in self.findings)

    def shown(self) -> Iterator[tuple[str, tuple[Paper, ...]]]:
        """The papers chosen for the letter by their form there, the longest form first."""
        for form in (*SHOWN, ONLINE):
            papers = (p for p in self.edition.papers if self.preview.forms.get(str(p.id)) == form)
            yield form, tuple(papers)


def make_sheet(
    house: House,
    edition: Edition,
    *,
    reader: Subscriber | None = None,
    to: str | None = None,
    anew: bool = False,
) -> ProofSheet:
    """The letter that `preview_letter` makes, checked.

    Raises:
        UsageError, TemplateError, ConfigError: there is no letter to be made.
    """
    preview = preview_letter(house, edition, reader=reader, to=to, anew=anew)
    return ProofSheet(
        edition=edition,
        reader=reader,
        preview=preview,
        findings=proof_letter(preview.letter.content),
    )


def facts_of(sheet: ProofSheet) -> dict[str, Any]:
    """The sheet as a program reads it."""
    preview, sizes = sheet.preview, sheet.preview.sizes
    return {
        "edition": str(sheet.edition.key),
        "frozen": preview.frozen,
        "subject": preview.subject,
        "papers": preview.papers,
        "html_bytes": len(preview.html.encode()),
        "text_bytes": len(preview.text.encode()),
        "letter_bytes": sizes.letter,
        "shortened": str(preview.shortened),
        "preheader": preview.preheader,
        "shown": {
            form: [{"id": str(paper.id), "title": paper.title} for paper in papers]
            for form, papers in sheet.shown()
        },
        "sizes": {
            **LIMITS,
            "letter": sizes.letter,
            "headers": sizes.headers,
            "html": _weight(sizes.html),
            "text": _weight(sizes.text),
            "blocks": [
                {
                    "kind": str(block.kind),
                    "count": block.count,
                    "html": _weight(block.html),
                    "text": _weight(block.text),
                }
                for block in sizes.blocks
            ],
        },
        "findings": [
            {
                "severity": str(finding.severity),
                "check": finding.check,
                "where": finding.where,
                "words": finding.words,
                "times": finding.times,
            }
            for finding in sheet.findings
        ],
    }


def _weight(weight: Weight) -> dict[str, int]:
    return {"decoded": weight.decoded, "encoded": weight.encoded}
