"""What a source's answer is worth on a given day, decided from facts alone."""

from __future__ import annotations

from datetime import date

from digest.model import Verdict
from digest.sources.arxiv_calendar import why_no_batch
from digest.sources.reading import Judgement, count


def down(reason: str) -> Judgement:
    """The source gave nothing that can be used."""
    return Judgement(verdict=Verdict.DOWN, reason=_sentence(reason))


def judge_arxiv(
    *,
    day: date,
    batch: date | None,
    entries: int,
    taken: int,
    repeated: bool,
    broken: str = "",
    skipped: int = 0,
    wanted: str = "new, cross",
) -> Judgement:
    """arXiv's answer for `day`: `entries` were in the batch, `taken` are of the wanted kinds.

    `repeated`: every paper was already in the previous edition's batch. `skipped` entries could
    not be read.
    """
    holiday = why_no_batch(day)
    if entries and skipped == entries:
        return down(f"none of its {count(entries, 'entry', 'entries')} could be read")
    if broken and not (batch and batch < day):
        read = count(entries, "entry", "entries")
        return _judge(Verdict.PARTIAL, f"{broken}; {read} could be read", batch)
    if not entries:
        if holiday:
            return _judge(Verdict.QUIET, f"{day} is {holiday}: arXiv announced nothing", batch)
        return _judge(
            Verdict.STALE, f"the feed is empty, although arXiv announces papers on {day}", batch
        )
    if batch is not None and batch < day:
        if holiday:
            return _judge(
                Verdict.QUIET, f"{day} is {holiday}: the last batch is that of {batch}", batch
            )
        return _judge(Verdict.STALE, f"still shows the batch of {batch}, not that of {day}", batch)
    if batch is not None and batch > day:
        return _judge(Verdict.STALE, f"shows the batch of {batch}, which is after {day}", batch)
    if repeated:
        if holiday:
            return _judge(Verdict.QUIET, f"{day} is {holiday}: nothing new", batch)
        return _judge(
            Verdict.STALE,
            f"dated {batch or 'nowhere'}, but all {count(taken, 'paper')} were in the "
            "previous edition",
            batch,
        )
    if not taken:
        return _judge(
            Verdict.QUIET,
            f"the batch of {batch or day} has {count(entries, 'entry', 'entries')}, "
            f"none of them {wanted}",
            batch,
        )
    dated = f"the batch of {batch}" if batch else "a batch without a date"
    if skipped:
        return _judge(Verdict.PARTIAL, f"{dated}; {_lost(skipped)}", batch)
    return _judge(Verdict.FRESH, f"{dated}, {count(taken, 'paper')}", batch)


def judge_arxiv_api(
    *, day: date, entries: int, taken: int, total: int | None, limit: int, skipped: int, broken: str
) -> Judgement:
    """The query API's answer for a past `day`; `total` is how many papers it says there are."""
    if not entries and not broken and not skipped:
        if holiday := why_no_batch(day):
            return _judge(Verdict.QUIET, f"{day} is {holiday}: arXiv announced nothing", day)
        if total:
            return _judge(
                Verdict.STALE,
                f"arXiv's API says that {count(total, 'paper')} match, but gave none of them",
                None,
            )
        return _judge(
            Verdict.STALE,
            f"arXiv's API has no paper for {day}, an announcement day (it may lag behind)",
            None,
        )
    due = min(total, limit) if total is not None else entries + skipped
    if broken or skipped or entries + skipped < due:
        why = broken or (_lost(skipped) if skipped else "the API stopped early")
        return _judge(
            Verdict.PARTIAL, f"{why}; {entries:,} of {count(due, 'paper')} were read", day
        )
    if not taken:
        return _judge(Verdict.QUIET, f"no paper of the wanted kinds on {day}", day)
    more = f" of {total:,}" if total is not None and total > limit else ""
    return _judge(
        Verdict.FRESH,
        f"{count(taken, 'paper')}{more} submitted for the announcement of {day}, from the API",
        day,
    )


def judge_huggingface(
    *,
    day: date,
    listed: date | None,
    on_day: int,
    others: int,
    taken: int,
    repeated: bool,
    skipped: int,
    cut_short: str = "",
    period: str = "day",
) -> Judgement:
    """Hugging Face's list for `day`: `on_day` papers are of that day, `others` of `listed`.

    `taken` are left after `min_votes`. `cut_short` says why later pages are missing.
    """
    weekend = day.weekday() >= 5
    if not on_day and not others and not skipped:
        if weekend:
            return _judge(Verdict.QUIET, f"{day} is a {day:%A}: nothing is listed", None)
        return _judge(Verdict.STALE, f"nothing is listed for {day} yet", None)
    if not on_day and others:
        if weekend:
            return _judge(
                Verdict.QUIET, f"{day} is a {day:%A}: the last list is that of {listed}", listed
            )
        shows = "shows" if listed is not None and listed > day else "still shows"
        return _judge(Verdict.STALE, f"{shows} the list of {listed}, not that of {day}", listed)
    if not on_day:
        return down(f"none of its {count(skipped, 'item')} could be read")
    if repeated:
        verdict = Verdict.QUIET if weekend else Verdict.STALE
        return _judge(
            verdict, f"all {count(taken, 'paper')} were in the previous edition's list", day
        )
    if cut_short or skipped:
        why = cut_short or _lost(skipped)
        return _judge(Verdict.PARTIAL, f"{count(taken, 'paper')}; {why}", day)
    if not taken:
        return _judge(
            Verdict.QUIET, f"{count(on_day, 'paper')} listed, none with enough votes", day
        )
    of_week = "the week up to " if period == "week" else ""
    return _judge(Verdict.FRESH, f"the list of {of_week}{day}, {count(taken, 'paper')}", day)


def judge_feed(
    *,
    entries: int,
    taken: int,
    repeated: bool,
    skipped: int,
    too_old: int,
    batch: date | None,
    broken: str = "",
    max_age_days: int | None = None,
) -> Judgement:
    """A feed's answer: feeds have no calendar, so only news against the last edition counts."""
    if broken:
        return _judge(Verdict.PARTIAL, f"{broken}; {count(taken, 'paper')} could be read", batch)
    if not entries:
        return _judge(Verdict.QUIET, "the feed is in order and has no entries", None)
    if not taken and skipped:
        return down(f"none of its {count(entries, 'entry', 'entries')} has a title")
    if not taken:
        return _judge(
            Verdict.QUIET,
            f"{count(too_old, 'entry', 'entries')}, none from the last "
            f"{count(max_age_days or 0, 'day')}",
            batch,
        )
    if repeated:
        return _judge(Verdict.QUIET, "nothing new since the last edition", batch)
    if skipped:
        lost = f"{count(skipped, 'entry', 'entries')} without a title left out"
        return _judge(Verdict.FRESH, f"{count(taken, 'paper')}; {lost}", batch)
    return _judge(Verdict.FRESH, count(taken, "paper"), batch)


def _lost(skipped: int) -> str:
    return f"{count(skipped, 'entry', 'entries')} could not be read"


def _judge(verdict: Verdict, reason: str, batch: date | None) -> Judgement:
    return Judgement(verdict=verdict, reason=_sentence(reason), batch=batch)


def _sentence(reason: str) -> str:
    return " ".join(reason.split())[:400]
