"""Try a template set on awkward papers, so that its faults show before a letter is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

from digest.config import NewsletterConfig
from digest.errors import Problem, TemplateError
from digest.model import Block, Rendition, TemplateSet
from digest.rendering.environment import place_of
from digest.rendering.marks import Marks
from digest.rendering.mjml_rules import check_mjml
from digest.rendering.render import HTML, SUBJECT, TEXT, fill_templates, render_edition
from digest.rendering.sample import MARKUP_TITLE, awkward_edition

# HTML Living Standard, 13.1.2: elements without an end tag.
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)


def check_templates(templates: TemplateSet, newsletter: NewsletterConfig) -> tuple[Problem, ...]:
    """Every problem that rendering, MJML's own rules and joining blocks would meet.

    Empty for a sound set. Warnings (`Problem.warning`) do not stop a run.
    """
    edition = awkward_edition()
    try:
        mjml, text = fill_templates(edition, templates, newsletter, (HTML, TEXT))
        found = list(check_mjml(mjml, templates))
        if any(not problem.warning for problem in found):
            return tuple(found)
        rendition = render_edition(edition, templates, newsletter)
    except TemplateError as error:
        return error.problems
    lead = Marks.of(edition).begin("lead")
    without = [name for name, page in ((HTML, mjml), (TEXT, text)) if lead not in page]
    return (*found, *_no_lead(without, templates), *_faults(rendition, templates))


def _no_lead(without: Sequence[str], templates: TemplateSet) -> Iterator[Problem]:
    for name in without:
        yield Problem(
            file=place_of(templates, name),
            what="prints no lead, so all papers stand in their themes alone",
            mend="copy what stands from begin.lead to begin.contents in the shipped template",
            warning=True,
        )


def _faults(rendition: Rendition, templates: TemplateSet) -> Iterator[Problem]:
    html, text, subject = (place_of(templates, name) for name in (HTML, TEXT, SUBJECT))
    for name, block in _joinable(rendition):
        if (loose := loose_tags("".join(block.literals))) != ("", ""):
            what = f"the block {name!r} is not balanced: {' '.join(loose).strip()}"
            yield Problem(file=html, what=what, mend="close in a block what it opens")
    page = _literals(rendition, "html")
    if loose_tags(page) != ("", ""):
        yield Problem(file=html, what=f"the page is not balanced: {loose_tags(page)}")
    if "<script" in page.lower() or "<b>Bold" in page:
        mend = "take |safe away from paper text"
        yield Problem(file=html, what="markup in a title is not escaped", mend=mend)
    if MARKUP_TITLE not in " ".join(_literals(rendition, "text").split()):
        yield Problem(file=text, what="a title is missing or changed", warning=True)
    for part, place in (("html", html), ("text", text)):
        if "unsubscribe_url" not in _fields(rendition, part):
            mend = "print {{ field.unsubscribe_url }}: readers must be able to leave"
            yield Problem(file=place, what="there is no unsubscribe link", mend=mend)
    if not "".join(rendition.subject.literals).strip() and not rendition.subject.fields:
        yield Problem(file=subject, what="the subject is empty")


def _joinable(rendition: Rendition) -> Iterator[tuple[str, Block]]:
    """Every block that a letter may leave out or repeat, so each must close what it opens."""
    yield "lead", rendition.lead.heading.html
    for lead in rendition.lead.papers:
        yield "lead:full", lead.full.html
        yield "lead:brief", lead.brief.html
        yield "lead:line", lead.line.html
    yield "contents", rendition.lead.contents.html
    for section in rendition.sections:
        yield "entry", section.entry.html
        yield "heading", section.heading.html
        for paper in section.papers:
            yield "full", paper.full.html
            yield "brief", paper.brief.html
            yield "line", paper.line.html
    yield "why", rendition.why.html
    yield "more", rendition.more.html


def _blocks(rendition: Rendition, part: str) -> Iterator[Block]:
    pieces = [rendition.head, rendition.lead.heading]
    for lead in rendition.lead.papers:
        pieces += [lead.full, lead.brief, lead.line]
    pieces += [rendition.lead.contents, *(section.entry for section in rendition.sections)]
    pieces.append(rendition.middle)
    for section in rendition.sections:
        pieces.append(section.heading)
        for paper in section.papers:
            pieces += [paper.full, paper.brief, paper.line]
    pieces += [rendition.seam, rendition.why, rendition.more, rendition.foot]
    for piece in pieces:
        yield getattr(piece, part)


def _literals(rendition: Rendition, part: str) -> str:
    return "".join("".join(block.literals) for block in _blocks(rendition, part))


def _fields(rendition: Rendition, part: str) -> frozenset[str]:
    return frozenset(field for block in _blocks(rendition, part) for field in block.fields)


def loose_tags(html: str) -> tuple[str, str]:
    """End tags without a start, then start tags without an end: two strings, "" if balanced."""
    reader = _Tags()
    reader.feed(html)
    reader.close()
    return "".join(reader.ends), "".join(f"<{tag}>" for tag in reader.open)


class _Tags(HTMLParser):
    """A stack of open tags. Conditional comments for Word are comments here, and left alone."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ends: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.ends.append(f"</{tag}>")
