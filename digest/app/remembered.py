"""By which names a mailed paper is known again.

Its ids tell two records of one paper apart from all others, but for one case: the title's id holds
the first author, and some sources name none. So a title without author is a name of its own: one
that a paper with authors leaves for a record without, and the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence

from digest.app.house import House
from digest.editorial.identity import is_commonplace
from digest.model import EditionKey, Mailed, Paper, PaperId
from digest.sources.text import title_id
from digest.storage.seen import mailed_in_others

#: The scheme of the title of a paper with authors, left for records without; in no paper's ids.
_BARE = "bare"


def kept_names(paper: Paper) -> tuple[PaperId, ...]:
    """What to remember of a paper that is mailed."""
    if not paper.authors or is_commonplace(paper.title):
        return paper.ids
    return (*paper.ids, PaperId(_BARE, title_id(paper.title).value))


def mailed_before(house: House, papers: Sequence[Paper], key: EditionKey) -> dict[PaperId, Mailed]:
    """For the ids of `papers`, when other editions than `key` carried the paper.

    Raises:
        StorageError: the database cannot be read.
    """
    nameless = {paper.id: _nameless(paper) for paper in papers if not is_commonplace(paper.title)}
    names = [name for paper in papers for name in paper.ids]
    mailed = mailed_in_others(house.database, [*names, *nameless.values()], key)
    for paper_id, name in nameless.items():
        if (found := mailed.pop(name, None)) is not None:
            known = mailed.get(paper_id)
            mailed[paper_id] = found if known is None else known.joined(found)
    return mailed


def _nameless(paper: Paper) -> PaperId:
    """The name under which a record of this title was mailed that had authors where it has none."""
    bare = title_id(paper.title)
    return bare if paper.authors else PaperId(_BARE, bare.value)
