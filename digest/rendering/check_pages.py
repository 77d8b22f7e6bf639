"""Try a set of pages on awkward papers and readers, so that its faults show in time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from digest.config import NewsletterConfig
from digest.errors import Problem, TemplateError
from digest.model import TemplateSet
from digest.model.query import parse_query
from digest.rendering.environment import place_of
from digest.rendering.feed_views import view_edition_entry, view_feed
from digest.rendering.highlight import Highlighter
from digest.rendering.language import Language, speak
from digest.rendering.locales import OTHER_WAY, direction_of
from digest.rendering.page_views import (
    NumbersView,
    PlaceView,
    view_found,
    view_months,
    view_page,
    view_page_sections,
)
from digest.rendering.pages import render_page, style_of
from digest.rendering.sample import MARKUP, awkward_edition, awkward_week

Facts = dict[str, Any]
_ARCHIVE = "00000000-0000-4000-8000-000000000000"
_MARKED = "<kbd>Fact</kbd>"
_ELSEWHERE = (
    r"<(?:img|iframe|source|video|audio|embed)\b[^>]*\ssrc=[\"']?(?:https?:)?//"
    r"|<link\b[^>]*rel=[\"']?(?:stylesheet|icon|preload)[^>]*href=[\"']?(?:https?:)?//"
)
#: What no page may have, and what to do instead.
_FORBIDDEN = (
    (r"<script\b", "a script: pages are served with none allowed", "do without it"),
    (r"<style\b|\sstyle=", "a style that is no file", "write it into style.css.j2"),
    (r"\son[a-z]+=", "a script in an attribute: none is allowed", "do without it"),
    (_ELSEWHERE, "something that another host would be asked for", "keep it beside the pages"),
)


def check_pages(templates: TemplateSet, newsletter: NewsletterConfig) -> tuple[Problem, ...]:
    """Every page that cannot be drawn, lets markup through, or asks for what is not allowed."""
    found: dict[Problem, None] = {}
    other = newsletter.model_copy(update={"language": OTHER_WAY[direction_of(newsletter.language)]})
    for each in (newsletter, other):
        language = speak(each.language)
        try:
            style_of(templates, language)
        except TemplateError as error:
            return error.problems
        for name, facts in sample_pages(each, language):
            try:
                page = render_page(templates, name, facts, each)
            except TemplateError as error:
                found |= dict.fromkeys(error.problems)
            else:
                found |= dict.fromkeys(_faults(page, name, templates))
        if found:
            break
    return tuple(found)


def _faults(page: str, name: str, templates: TemplateSet) -> Iterator[Problem]:
    where = place_of(templates, name)
    for field, markup in {**MARKUP, "a fact": "kbd>Fact"}.items():
        tag, words = markup.split(">")
        if re.search(rf"<{tag}\b[^<>]*>{re.escape(words)}", page):
            what = f"the markup in {field} is not escaped"
            yield Problem(file=where, what=what, mend="take |safe away, and quote attributes")
    for pattern, what, mend in _FORBIDDEN:
        if name.endswith(".html.j2") and re.search(pattern, page, re.IGNORECASE):
            yield Problem(file=where, what=f"has {what}", mend=mend)


def sample_pages(newsletter: NewsletterConfig, language: Language) -> Iterator[tuple[str, Facts]]:
    """Every page with facts that are hard to draw."""
    yield from _of_archive(newsletter, language)
    yield from _of_readers()


def _of_archive(newsletter: NewsletterConfig, language: Language) -> Iterator[tuple[str, Facts]]:
    day, week = awkward_edition(), awkward_week()
    near = PlaceView(key=str(day.key), day="23 November 2026")
    sections = view_page_sections(day, language, _slug)
    pieces = [piece for section in sections for piece in section.papers]
    more = {"numbers": NumbersView(page=2, last=3)}
    for edition, around in ((day, near), (week, None)):
        facts = view_page(edition, newsletter, language, _slug)
        yield "edition.html.j2", {**facts, "before": around, "after": around}
    yield "edition.html.j2", {"edition": None}
    lines = [(each.key, each.date, 12, _MARKED) for each in (day, week)]
    months = view_months(lines, language)
    yield (
        "archive.html.j2",
        {"count": 2, "years": ["2026", "2025"], "year": "2026", "months": months},
    )
    days = [{"key": str(day.key), "name": near.day, "papers": pieces}]
    known = {"slug": "fact", "count": 12, "editions": 1, "days": days}
    yield "theme.html.j2", {"theme": _MARKED, **known, **more}
    sought = Highlighter(parse_query("bold markup"))
    found = [view_found(piece, sought) for piece in pieces]
    yield "search.html.j2", {"query": _MARKED, "count": 12, "papers": found, **more}
    yield "search.html.j2", {"query": "", "count": 0, "papers": [], **more}
    yield "missing.html.j2", {"day": _MARKED, "near": [near]}
    feed = view_feed(
        _ARCHIVE, "x", title=_MARKED, subtitle="", path="/feed.xml", page="/", moments=[]
    )
    entry = view_edition_entry(_ARCHIVE, "x", _MARKED, day.created_at, "", sections)
    yield "feed.xml.j2", {"feed": feed, "entries": [entry]}


def _of_readers() -> Iterator[tuple[str, Facts]]:
    themes = ["Robots", _MARKED]
    values = {"email": _MARKED, "name": _MARKED, "themes": themes, "keywords": [_MARKED]}
    errors = {"email": _MARKED, "themes": _MARKED}
    where = {"address": _MARKED, "action": "/p/x"}
    choices = {"themes": themes, "usual": ()}
    yield "subscribe.html.j2", {**choices, "values": {}, "errors": {}}
    choices = {"themes": themes, "usual": themes[1:]}
    yield "subscribe.html.j2", {**choices, "values": values, "errors": errors}
    known = {**where, **choices, "delete_action": "/d", "leave_action": "/u"}
    for mistakes, ask in (({}, ""), (errors, ""), ({}, _MARKED)):
        facts = {"values": values, "errors": mistakes, "saved": not mistakes, "ask": ask}
        yield "preferences.html.j2", {**known, **facts}
    yield "confirm.html.j2", {**where, "choices": [_MARKED]}
    yield "delete.html.j2", where
    yield "leave.html.j2", {"action": "/u/x"}
    for link in (None, "/p/x"):
        yield "left.html.j2", {"preferences": link}
    message = {"title": _MARKED, "paragraphs": [_MARKED]}
    for way in (None, {"href": "/", "text": _MARKED}):
        yield "message.html.j2", {**message, "link": way}


def _slug(theme: str) -> str:
    return f"theme-{len(theme)}"
