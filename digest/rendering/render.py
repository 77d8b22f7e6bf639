"""Render an edition once: both parts, cut into blocks with merge fields open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from digest.config import NewsletterConfig
from digest.errors import Problem, TemplateError
from digest.model import (
    Block,
    Catalogue,
    Edition,
    LeadBlocks,
    LeadPaperBlocks,
    PaperBlocks,
    Piece,
    Rendition,
    SectionBlocks,
    TemplateSet,
)
from digest.prose import shorten_to_width
from digest.rendering.environment import (
    make_environment,
    place_of,
    render_template,
    strip_unprintable,
)
from digest.rendering.inlining import inline_styles
from digest.rendering.language import Language, speak
from digest.rendering.marks import CutError, Marks
from digest.rendering.shell import compile_mjml
from digest.rendering.titles import short_title
from digest.rendering.view import (
    block_names,
    direction_attribute,
    summary_of,
    view_edition,
    view_leads,
    view_sections,
)
from digest.rendering.week import view_week
from digest.rendering.words import letter_words, phrases_of, theme_words

HTML, TEXT, SUBJECT = "letter.mjml.j2", "letter.txt.j2", "subject.txt.j2"
#: What `fill_templates` is asked for to make a letter, in the order of `render_filled`.
PARTS = (HTML, TEXT, SUBJECT)
#: How many full papers with their headings stay below the 23.7 inches (1,800 px or so) at which
#: Word breaks a table: six with a picture and a heading each would pass it, five do not.
SEAM_AFTER = 5
#: Columns of a summary that a preheader may show.
TEASER_WIDTH = 130
#: What templates see as `begin`; papers and sections know their own.
BLOCKS = ("lead", "contents", "middle", "seam", "why", "more", "foot")
#: A template set that prints no lead goes without: readers find all papers in their sections.
OPTIONAL = frozenset({"lead", "contents"})


def render_edition(
    edition: Edition,
    templates: TemplateSet,
    newsletter: NewsletterConfig,
    catalogues: tuple[Catalogue, ...] = (),
) -> Rendition:
    """Both parts of `edition` as blocks; a function of its arguments alone.

    Raises:
        TemplateError: a template is missing or fails, or a catalogue is wrong, with file and line.
    """
    filled = fill_templates(edition, templates, newsletter, PARTS, catalogues)
    return render_filled(edition, templates, newsletter, filled, catalogues)


def render_filled(
    edition: Edition,
    templates: TemplateSet,
    newsletter: NewsletterConfig,
    filled: Sequence[str],
    catalogues: tuple[Catalogue, ...] = (),
) -> Rendition:
    """The blocks of what `fill_templates` made of PARTS.

    Raises:
        TemplateError: the MJML is wrong or a mark got lost, with file and line.
    """
    mjml, text, subject = filled
    marks = Marks.of(edition)
    language = speak(newsletter.language, catalogues)
    view = view_edition(edition, newsletter, language)
    html = inline_styles(compile_mjml(mjml, templates), marks.key)
    names = tuple(block_names(edition))
    pieces = _pieces(
        _cut(marks, html, names, templates, HTML), _cut(marks, text, names, templates, TEXT)
    )
    return Rendition(
        key=edition.key,
        date=edition.date,
        language=newsletter.language,
        template_set=templates.name,
        title=view.title,
        subject=_cut(marks, " ".join(subject.split()), (), templates, SUBJECT)["head"],
        head=pieces["head"],
        middle=pieces["middle"],
        sections=tuple(_sections(edition, pieces, language)),
        seam=pieces["seam"],
        more=pieces["more"],
        foot=pieces["foot"],
        phrases=dict(phrases_of(edition, language)),
        words=dict(letter_words(language)),
        seam_after=SEAM_AFTER,
        lead=_lead(edition, pieces),
        why=pieces.get("why", Piece()),
    )


def fill_templates(
    edition: Edition,
    templates: TemplateSet,
    newsletter: NewsletterConfig,
    names: tuple[str, ...],
    catalogues: tuple[Catalogue, ...] = (),
) -> tuple[str, ...]:
    """What the templates `names` make of the edition, before MJML and with every mark in place.

    Raises:
        TemplateError: a template is missing or fails, or a catalogue is wrong, with file and line.
    """
    marks = Marks.of(edition)
    language = speak(newsletter.language, catalogues)
    view = view_edition(edition, newsletter, language)
    environment = make_environment(templates, language)
    context = {
        "newsletter": newsletter,
        "edition": view,
        "leads": view_leads(edition, marks, language),
        "sections": view_sections(edition, marks, language),
        "week": view_week(edition, language),
        "field": marks.fields(),
        "begin": {name: marks.begin(name) for name in BLOCKS},
        "dir": partial(direction_attribute, view.direction),
    }
    return tuple(render_template(environment, templates, name, context) for name in names)


def _cut(
    marks: Marks, page: str, names: Sequence[str], templates: TemplateSet, template: str
) -> dict[str, Block]:
    if marks.begin("why") not in page:  # a set may go without it
        names = [name for name in names if name != "why"]
    optional = [name for name in names if name.partition(":")[0] in OPTIONAL]
    try:
        return marks.cut(page, names, optional)
    except CutError as error:
        mend = "print each `begin` mark once, in the shipped order"
        what = f"{error}"
        raise TemplateError(
            [Problem(file=place_of(templates, template), what=what, mend=mend)]
        ) from None


def _pieces(html: Mapping[str, Block], text: Mapping[str, Block]) -> dict[str, Piece]:
    """The blocks that stand in both parts: a lead in one of them alone is none."""
    return {name: Piece(html=html[name], text=text[name]) for name in html if name in text}


def _lead(edition: Edition, pieces: Mapping[str, Piece]) -> LeadBlocks:
    if "lead" not in pieces:
        return LeadBlocks()
    return LeadBlocks(
        heading=pieces["lead"],
        papers=tuple(
            LeadPaperBlocks(
                paper_id=str(paper_id),
                full=pieces[f"lead:full:{number}"],
                brief=pieces[f"lead:brief:{number}"],
                line=pieces[f"lead:line:{number}"],
            )
            for number, paper_id in enumerate(edition.lead)
        ),
        contents=pieces["contents"],
    )


def _sections(
    edition: Edition, pieces: Mapping[str, Piece], language: Language
) -> Iterator[SectionBlocks]:
    for place, section in enumerate(edition.sections):
        yield SectionBlocks(
            theme=theme_words(section.theme, language),
            heading=pieces[f"heading:{place}"],
            entry=pieces[f"entry:{place}"],
            papers=tuple(
                PaperBlocks(
                    paper_id=str(paper.id),
                    short_title=short_title(strip_unprintable(paper.title)),
                    teaser=shorten_to_width(strip_unprintable(summary_of(paper)), TEASER_WIDTH),
                    full=pieces[f"full:{place}:{number}"],
                    brief=pieces[f"brief:{place}:{number}"],
                    line=pieces[f"line:{place}:{number}"],
                )
                for number, paper in enumerate(section.papers)
            ),
        )
