"""A weekly edition of real papers, composed from made-up days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

from digest.config import EditionConfig, ThemesConfig
from digest.editorial.compose import compose_edition, compose_weekly
from digest.model import Edition, EditionKey
from tests.support.knowing import shipped_knowledge
from tests.support.real_letters import DAY, NOW, RealLetter, real_papers, write_letter


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
def weekly_letter() -> RealLetter:
    """Its letter."""
    return write_letter(real_week(), templates="weekly")
