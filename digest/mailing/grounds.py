"""On what grounds one paper is, or is not, for one reader."""

from __future__ import annotations

from dataclasses import dataclass

from digest.mailing.choice import Chooser
from digest.model import Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What of a reader's row meets a paper, in her own words.

    `liked`: the paper is itself among her interests. `brought`: it is one of those, `brings` in
    number, that her interests bring; `trends`: nothing is known of them, so the trend brings it.
    Where something is known of what she likes, `relevance` is its closeness (-1 to 1),
    `relevance_place` its place by that in the edition, and `closest` the title of the liked paper
    nearest to it. `score` decides where not all of the `wished` can be had (`room`), and `place`
    is its place by that; `cut`: it had none.
    """

    chosen: bool
    themes: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    everything: bool = False
    liked: bool = False
    brought: bool = False
    trends: bool = False
    brings: int = 0
    closest: str = ""
    relevance: float | None = None
    relevance_place: int = 0
    score: float = 0.0
    place: int = 0
    wished: int = 0
    room: int | None = None
    cut: bool = False


def find_grounds(chooser: Chooser, subscriber: Subscriber, paper: int) -> Grounds:
    """The grounds for the paper with that number in the edition's order."""
    index, made = chooser.index, chooser.decide(subscriber)
    wished = made.chosen | made.cut
    scores = [] if made.nearness is None else made.nearness.scores
    return Grounds(
        chosen=paper in made.chosen,
        themes=tuple(t for t in subscriber.themes if paper in index.in_theme(t)),
        keywords=tuple(k for k in subscriber.keywords if paper in index.matching(k)),
        exclude=tuple(
            word
            for word in subscriber.exclude
            if paper in index.matching(word) | index.in_theme(word)
        ),
        everything=made.named is None and not subscriber.interests,
        liked=made.nearness is not None and paper in made.nearness.liked,
        brought=made.nearness is not None and paper in made.near,
        trends=made.nearness is None and paper in made.near,
        brings=len(made.near),
        closest=chooser.closest(subscriber, (paper,))[0] if scores else "",
        relevance=scores[paper] if scores else None,
        relevance_place=1 + sum(s > scores[paper] for s in scores) if scores else 0,
        score=made.scores[paper],
        place=1 + sum((-made.scores[n], n) < (-made.scores[paper], paper) for n in wished),
        wished=len(wished),
        room=made.room,
        cut=paper in made.cut,
    )
