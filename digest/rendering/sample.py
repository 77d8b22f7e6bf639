"""An edition of awkward papers, to try templates on before a reader meets them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from digest.model import Edition, EditionKey, Mark, Paper, PaperId, Section

#: A title that shows whether a template lets paper text through as markup.
MARKUP_TITLE = "<b>Bold</b> & {{7*7}} ]]> <script>alert(1)</script>"


def _paper(number: int, title: str, **more: object) -> Paper:
    url = f"https://papers.example.org/{number}"
    known: dict[str, object] = {"url": url, "abstract": "One sentence. Another one."} | more
    return Paper(ids=(PaperId("url", url),), title=title, **known)  # type: ignore[arg-type]


def awkward_edition() -> Edition:
    """Long words, scripts of both directions, missing and overlong fields, markup-like text."""
    papers = (
        _paper(1, MARKUP_TITLE, abstract="a<b and c>d </td></table> <!-- -->", votes=1200),
        _paper(2, "Pneumono" + "ultramicroscopic" * 12, abstract="w" * 400, authors=("A" * 90,)),
        _paper(3, "تعلم الآلة للغات قليلة الموارد", authors=("ليلى حداد",), abstract="ملخص قصير."),
        _paper(4, "大規模言語モデルの" * 12, authors=("山田太郎", "李明"), abstract="概要。" * 150),
        _paper(5, "No abstract, no authors", abstract="", marks=(Mark.WITHDRAWN,), url=None),
        _paper(
            6,
            "Everything at once 🎓",
            authors=tuple(f"Author Number {n}" for n in range(150)),
            organization="Institute & Sons",
            abstract="Word " * 400,
            pdf_url="https://papers.example.org/6.pdf?a=1&b=2",
            code_url="https://code.example.org/6",
            discussion_url="https://talk.example.org/6",
            project_url="https://project.example.org/6",
            thumbnail="https://pictures.example.org/6.png",
            votes=0,
            comments=3,
            stars=12345,
            marks=(Mark.NEW, Mark.TRENDING),
        ),
        _paper(7, "Control\x07 and private-use \ue000 characters", votes=3),
        _paper(8, "T" * 500, abstract="Short."),
    )
    return Edition(
        key=EditionKey("2026-11-23"),
        date=date(2026, 11, 23),
        created_at=datetime(2026, 11, 23, 6, tzinfo=UTC),
        sections=(
            Section(theme="Safety & <alignment>", subtitle="words, of, it", papers=papers[:5]),
            Section(theme="ألفاظ", papers=papers[5:7]),
            Section(theme="One", papers=papers[7:]),
        ),
        lead=tuple(papers[number].id for number in (5, 0, 2, 4)),
    )
