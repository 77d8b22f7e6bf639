"""The end of a run by theme, domain and relay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from digest.cli.desk import count
from digest.cli.voice import VOICE

if TYPE_CHECKING:
    from digest.app import House
    from digest.delivery.report import DeliveryReport, ReplyCount, Share
    from digest.model import EditionKey

_IN_TEXT = 10
_IN_JSON = 1_000
_COUNTS = ("sent", "deferred", "rejected", "unknown", "untried")


def share_lines(house: House, key: EditionKey, delivery: DeliveryReport) -> Iterator[str]:
    """Lines for a person; what all letters have in common is not said."""
    if len(delivery.relays) > 1:
        yield from _lines("relay", delivery.relays, str)
    if len(delivery.segments) > 1:
        from digest.cli.labels import segment_labels

        yield from _lines("theme choice", delivery.segments, segment_labels(house.database, key))
    if len(delivery.domains) > 1:
        yield from _lines("domain", delivery.domains, str)


def share_documents(house: House, key: EditionKey, delivery: DeliveryReport) -> dict[str, Any]:
    """The same for a program, with what is past a thousand of a kind added up."""
    from digest.cli.labels import segment_labels

    label = segment_labels(house.database, key)
    segments = _documents("segment", delivery.segments)
    for each in segments:
        each["label"] = label(each["segment"]) if each["segment"] else "others"
    return {
        "relays": _documents("relay", delivery.relays),
        "segments": segments,
        "domains": _documents("domain", delivery.domains),
        "replies": [_reply(reply) for reply in delivery.replies[:_IN_JSON]],
    }


def _reply(reply: ReplyCount) -> dict[str, Any]:
    names = ("stage", "code", "enhanced", "count")
    words = VOICE.secrets.hide(reply.last_words)
    facts = {"outcome": str(reply.kind)} | {name: getattr(reply, name) for name in names}
    return facts | {"words": words}


def _lines(what: str, shares: Sequence[Share], name: Callable[[str], str]) -> Iterator[str]:
    yield f"  by {what}:"
    for share in shares[:_IN_TEXT]:
        yield f"    {name(share.name) if share.name else 'others'}: {_said(share)}"
    if rest := shares[_IN_TEXT:]:
        yield f"    and {count(len(rest), what)} more: {_said(_sum(rest))}"


def _said(share: Share) -> str:
    counts = ((getattr(share, name), name) for name in _COUNTS)
    return ", ".join(f"{number:,} {name}" for number, name in counts if number)


def _documents(what: str, shares: Sequence[Share]) -> list[dict[str, Any]]:
    """The last entry, with a null name, adds up what was cut off."""
    listed = [_document(what, share.name, share) for share in shares[:_IN_JSON]]
    if rest := shares[_IN_JSON:]:
        listed.append(_document(what, None, _sum(rest)) | {"others": len(rest)})
    return listed


def _document(what: str, name: str | None, share: Share) -> dict[str, Any]:
    return {what: name} | {each: getattr(share, each) for each in _COUNTS}


def _sum(shares: Sequence[Share]) -> Share:
    from digest.delivery.report import add_up

    return add_up("", shares)
