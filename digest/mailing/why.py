"""Why a paper is in a reader's letter, in a line for that letter."""

from __future__ import annotations

from dataclasses import dataclass

from digest.mailing.matching import PaperIndex
from digest.mailing.measure import one_line
from digest.model import Subscriber

_LONGEST_TITLE = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyWords:
    """The sentences of a why-line in the newsletter's language."""

    follow: str = "because you follow %(theme)s"
    matches: str = "matches: %(words)s"
    close: str = "close to: %(title)s"
    comma: str = ", "


def write_why(
    index: PaperIndex,
    subscriber: Subscriber,
    paper: int,
    *,
    theme: str,
    closest: str = "",
    say: WhyWords = WhyWords(),
) -> str:
    """`because you follow Safety · matches: test-time compute · close to: Attention Is All ...`.

    `theme` is the paper's section; `closest` the title that she likes, for a paper that her
    interests brought. A paper that she gets with everything else has no reason: "".
    """
    reasons = []
    if any(paper in index.in_theme(name) for name in subscriber.themes):
        reasons.append(say.follow % {"theme": theme})
    matched = [word for word in subscriber.keywords if paper in index.matching(word)]
    if matched:
        reasons.append(say.matches % {"words": say.comma.join(matched)})
    if closest:
        reasons.append(say.close % {"title": _shortened(closest)})
    return one_line(" · ".join(reasons))


def _shortened(title: str) -> str:
    if len(title) <= _LONGEST_TITLE:
        return title
    return title[: _LONGEST_TITLE - 1].rpartition(" ")[0].rstrip(",;:") + "…"
