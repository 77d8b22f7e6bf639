"""A weekly edition of real papers, composed from made-up days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

from digest.config import EditionConfig, ThemesConfig
from digest.editorial.compose import compose_edition, compose_weekly
from digest.model import Edition, EditionKey, Format
from tests.support.knowing import shipped_knowledge
from tests.support.real_letters import DAY, NEWSLETTER, NOW, RealLetter, real_papers, write_letter


@cache
def real_week() -> Edition:
    """The 40 best of five days with 20, 12, 16, 8 and 4 papers; DAY is a Friday."""
    papers = iter(real_papers(60))
    days = []
    for back, size in zip((4, 3, 2, 1, 0), (20, 12, 16, 8, 4), strict=True):
        day = DAY - timedelta(days=back)
        days.append(
            compose_edition(
                [replace(next(papers), announced=day) for _ in range(size)],
                key=EditionKey.daily(day),
                day=day,
                now=NOW,
                reports=(),
                edition=EditionConfig(),
                themes=ThemesConfig(),
                knowledge=shipped_knowledge(),
                sent={},
                template_set="daily",
            )
        )
    return compose_weekly(
        days,
        key=EditionKey.weekly(DAY),
        day=DAY,
        now=NOW,
        edition=EditionConfig(max_papers=40),
        themes=ThemesConfig(),
        knowledge=shipped_knowledge(),
        template_set="weekly",
    )


@cache
def weekly_letter(language: str = "en", format: Format = Format.HTML) -> RealLetter:
    """Its letter."""
    return write_week(real_week(), language, format)


def write_week(edition: Edition, language: str = "en", format: Format = Format.HTML) -> RealLetter:
    """The letter of any week, as shipped."""
    newsletter = NEWSLETTER.model_copy(update={"language": language})
    return write_letter(edition, templates="weekly", newsletter=newsletter, format=format)


def poorer_weeks() -> dict[str, Edition]:
    """Weeks of which less is known, each by what it lacks or has."""
    week = real_week()
    votes = {paper.id: paper.votes or 0 for paper in week.papers}
    voted = max(votes, key=lambda each: votes[each])
    return {
        "no days": replace(week, days=()),
        "no votes": replace(week, days=tuple(replace(day, votes=0) for day in week.days)),
        "no lead": replace(week, lead=()),
        "another leads": replace(week, lead=tuple(i for i in week.lead if i != voted)),
        "no best": _unknown(week),
        "nothing but papers": replace(_unknown(week), days=(), lead=()),
    }


def _unknown(week: Edition) -> Edition:
    """Without votes, comments and stars."""
    sections = tuple(
        replace(
            section,
            papers=tuple(
                replace(paper, votes=None, comments=None, stars=None) for paper in section.papers
            ),
        )
        for section in week.sections
    )
    return replace(week, sections=sections)
