"""A language model's summaries for an edition that is being composed."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from digest.app.house import House
from digest.model import Edition, Paper, PaperId
from digest.prose import SUMMARY_LENGTH, width_of

if TYPE_CHECKING:
    from digest.sources.completions import Completion

_log = logging.getLogger(__name__)


def ask_model(house: House, edition: Edition) -> Edition:
    """The edition with the model's summary of each paper where that stands up to the abstract.

    The other papers keep the summary that they have, and say why. The best are asked about first;
    what a letter prints whole needs no summary. Unless `edition.summary` is `llm` nothing happens.
    No failure raises: all of them are told in one line.
    """
    if house.config.edition.summary != "llm":
        return edition
    papers = [paper for paper in edition.papers if width_of(paper.abstract) > SUMMARY_LENGTH]
    if not papers:
        return edition
    papers.sort(key=lambda paper: -(paper.score.total if paper.score else 0.0))
    answers = _ask(house, papers)
    written = {p.id: _written(p, answer) for p, answer in zip(papers, answers, strict=True)}
    _tell(written, failed=any(answer.failed for answer in answers))
    sections = (
        replace(section, papers=tuple(written.get(paper.id, paper) for paper in section.papers))
        for section in edition.sections
    )
    return replace(edition, sections=tuple(sections))


def _ask(house: House, papers: Sequence[Paper]) -> tuple[Completion, ...]:
    from digest.editorial.model_summary import PROMPT, ask_about
    from digest.sources.completions import complete  # heavy, and few ask a model

    config = house.config.llm
    if config is None:  # the config's own rule
        raise ValueError("no llm is configured")
    return asyncio.run(
        complete(
            config,
            [ask_about(paper) for paper in papers],
            system=PROMPT,
            key=house.environ.get(config.key_env, ""),
            agent=house.agent,
            cache=house.reply_cache,
            now=house.clock(),
        )
    )


def _written(paper: Paper, answer: Completion) -> Paper:
    from digest.editorial.model_summary import vet

    if answer.fault:
        return replace(paper, summary_by=f"{paper.summary_by} (llm: {answer.fault})")
    vetted = vet(answer.text, paper)
    if vetted.fault:
        return replace(paper, summary_by=f"{paper.summary_by} (llm: {vetted.fault})")
    return replace(paper, summary=vetted.text, summary_by="llm")


def _tell(written: dict[PaperId, Paper], *, failed: bool) -> None:
    """One line: a warning if the server failed, for what it wrote may be refused any day."""
    ways = Counter(paper.summary_by for paper in written.values())
    by_model = ways.pop("llm", 0)
    why = "".join(f"; {number} {way}" for way, number in ways.most_common())
    facts = {"llm": by_model, "papers": len(written), "others": dict(ways)}
    _log.log(
        logging.WARNING if failed else logging.INFO,
        "the model wrote %d of %d summaries%s",
        by_model,
        len(written),
        why,
        extra={"event": "summaries", "facts": facts},
    )
