"""Editions of awkward papers, to try templates on before a reader meets them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from digest.model import DayCount, Edition, EditionKey, Mark, Paper, PaperId, Section

#: A title that shows whether a template lets paper text through as markup.
MARKUP_TITLE = "<b>Bold</b> & {{7*7}} ]]> <script>alert(1)</script>"
#: What the sample says as markup, by the field that says it: none of it may be a tag in a letter.
MARKUP = {
    "a title": "b>Bold",
    "an abstract": "i>Italic",
    "an author": "u>Ulla",
    "an organization": "s>Sons",
    "a theme": "em>Safety",
    "a subtitle": "q>words",
    "a link": "script>alert(2)",
}
#: The title of the one paper that has every field, and each at its usual length.
USUAL_TITLE = "Everything at once 🎓"
_DAY = date(2026, 11, 23)
_SITE = "https://papers.example.org"


def _paper(number: int, title: str, **more: object) -> Paper:
    url = f"{_SITE}/{number}"
    known: dict[str, object] = {"url": url, "abstract": "One sentence. Another one."} | more
    return Paper(ids=(PaperId("url", url),), title=title, **known)  # type: ignore[arg-type]


_PAPERS = (
    _paper(
        1,
        MARKUP_TITLE,
        abstract="<i>Italic</i> a<b and c>d </td></table> <!-- -->",
        authors=('<u>Ulla</u> "Quoted" O\'Hara',),
        organization="<s>Sons</s> & Daughters",
        votes=1200,
    ),
    _paper(
        2,
        "Pneumono" + "ultramicroscopic" * 12,
        abstract="w" * 400,
        authors=("A" * 200,),
        organization="O" * 200,
        marks=(Mark.CROSS,),
    ),
    _paper(3, "تعلم الآلة للغات قليلة الموارد", authors=("ليلى حداد",), abstract="ملخص قصير."),
    _paper(4, "大規模言語モデルの" * 12, authors=("山田太郎", "李明"), abstract="概要。" * 150),
    _paper(
        5,
        "No abstract, no authors",
        abstract="",
        marks=(Mark.WITHDRAWN,),
        first_sent=_DAY - timedelta(days=9),
        url=None,
    ),
    _paper(
        6,
        USUAL_TITLE,
        authors=tuple(f"Author Number {n}" for n in range(150)),
        organization="Institute & Sons",
        venue="Proceedings of Everything",
        categories=("cs.CL", "stat.ML"),
        abstract="Word " * 400,
        pdf_url=f"{_SITE}/6.pdf?a=1&b=2",
        code_url="https://code.example.org/6",
        discussion_url="https://talk.example.org/6",
        project_url="https://project.example.org/6",
        thumbnail="https://pictures.example.org/6.png",
        votes=1,
        comments=3,
        stars=12345,
        marks=(Mark.NEW, Mark.UPDATED, Mark.TRENDING),
    ),
    _paper(7, "Control\x07 and private-use \ue000 characters", votes=3, comments=0),
    _paper(8, "T" * 500, abstract="Short."),
    _paper(9, r"On $\mathcal{O}(n^2)$ bounds: $\alpha < 5\%$ & \'etale maps_1", votes=0),
    _paper(10, "👩‍👩‍👧‍👦 Families and flags 🏳️‍🌈", authors=("Zoë 🧑‍🔬", "Łukasz Żak")),
    _paper(11, "A very long address", url=f"{_SITE}/{'long/' * 400}"),
    _paper(
        12,
        "Quotes in an address, \"double\" and 'single'",
        url=f"{_SITE}/12?q=\"onclick='x'><script>alert(2)</script>&a={{{{7*7}}}}",
        pdf_url=f'{_SITE}/12.pdf?q="><script>alert(2)</script>',
    ),
)


def awkward_edition() -> Edition:
    """Long words, scripts of both directions, missing and overlong fields, markup-like text."""
    return Edition(
        key=EditionKey.daily(_DAY),
        date=_DAY,
        created_at=datetime(2026, 11, 23, 6, tzinfo=UTC),
        sections=(
            Section(
                theme="<em>Safety</em> & alignment {{7*7}}",
                subtitle="<q>words</q>, of, it",
                papers=_PAPERS[:5],
            ),
            Section(theme="ألفاظ", subtitle="كلمات", papers=_PAPERS[5:7]),
            Section(theme="One", papers=_PAPERS[7:8]),
            Section(theme="大規模言語モデルと推論", subtitle="推論", papers=_PAPERS[8:10]),
            Section(theme="W" * 200, papers=_PAPERS[10:]),
        ),
        lead=tuple(_PAPERS[number].id for number in (5, 0, 2, 4)),
    )


def awkward_week() -> Edition:
    """The same papers as a week, of which many more are left out."""
    days = tuple(
        DayCount(date=_DAY + timedelta(days=n), papers=papers, votes=100 * papers)
        for n, papers in enumerate((4, 0, 1, 1200, 3))
    )
    return replace(awkward_edition(), key=EditionKey.weekly(_DAY), left_out=1196, days=days)


def awkward_editions() -> Iterator[Edition]:
    """The same for a day; without a lead; of one paper; and for a week, counted or not."""
    whole = awkward_edition()
    yield whole
    yield replace(whole, lead=())
    yield replace(whole, sections=(Section(theme="One", papers=_PAPERS[5:6]),), lead=())
    yield awkward_week()
    yield replace(awkward_week(), days=(), left_out=0)
