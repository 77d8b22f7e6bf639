"""What an Atom feed (RFC 4287) sees of editions and papers.

Each id is a UUID made of the archive's own id and a name, so that it stays the same when the
newsletter is renamed or its pages move.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from digest.rendering.page_views import PageSectionView, PieceView

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedView:
    """A feed's own words. `path` and `page` are where it stands and what it is of."""

    id: str
    title: str
    subtitle: str
    updated: str
    path: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """An edition with its `sections`, or a paper with its `texts`."""

    id: str
    title: str
    updated: str
    url: str
    authors: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    sections: tuple[PageSectionView, ...] = ()
    texts: tuple[str, ...] = ()


def urn(archive: str, name: str) -> str:
    """The id of what is called `name` in the archive with that UUID."""
    return uuid.uuid5(uuid.UUID(archive), name).urn


def view_feed(
    archive: str, name: str, *, title: str, subtitle: str, path: str, page: str,
    moments: Iterable[datetime],
) -> FeedView:  # fmt: skip
    """The feed `name`, as new as the newest of `moments`."""
    return FeedView(
        id=urn(archive, name),
        title=title,
        subtitle=subtitle,
        updated=stamp(max(moments, default=_NEVER)),
        path=path,
        page=page,
    )


def view_edition_entry(
    archive: str,
    key: str,
    title: str,
    made: datetime,
    url: str,
    sections: Sequence[PageSectionView],
) -> EntryView:
    return EntryView(
        id=urn(archive, f"edition:{key}"),
        title=title,
        updated=stamp(made),
        url=url,
        themes=tuple(section.theme for section in sections),
        sections=tuple(sections),
    )


def view_paper_entry(archive: str, piece: PieceView, made: datetime, site: str) -> EntryView:
    """A paper as it stands in one edition: in another it is news again."""
    paper = piece.paper
    return EntryView(
        id=urn(archive, f"paper:{piece.key}:{piece.id}"),
        title=paper.title,
        updated=stamp(made),
        url=paper.url or f"{site}/archive/{piece.key}#{piece.anchor}",
        authors=paper.authors,
        themes=(paper.theme,),
        texts=tuple(text for text in (piece.abstract or paper.summary,) if text),
    )


def stamp(moment: datetime) -> str:
    """RFC 3339, in whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
