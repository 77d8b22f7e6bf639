"""Turns the bytes of one mail into what it says."""

from __future__ import annotations

from collections.abc import Sequence

from digest.bounces import evidence
from digest.bounces.automatic import is_automatic, is_server
from digest.bounces.feedback import read_feedback
from digest.bounces.heuristics import read_by_guess
from digest.bounces.parts import Part, take_apart, text_of
from digest.bounces.report import Failure, Kind, Report
from digest.bounces.status_report import read_status

_WORST = (Kind.HARD, Kind.SOFT, Kind.REFUSAL, Kind.DELAYED, Kind.ARRIVED)


def read_report(raw: bytes) -> Report:
    """What the mail says; anything at all may be in it, and it may be cut off.

    The standards come first: a complaint (RFC 5965), a delivery status (RFC 3464), a mail that
    asks to leave (RFC 2369). What is left is guessed at.
    """
    parts = take_apart(raw)
    kind, failures = _read(raw, parts)
    leave = evidence.leave_token(parts) if kind is Kind.LEAVE and not failures else None
    return Report(
        kind=kind,
        failures=failures,
        return_tokens=evidence.return_tokens(parts),
        unsubscribe_tokens=(leave,) if leave else evidence.unsubscribe_tokens(parts),
        letter_ids=evidence.letter_ids(parts),
        message_id=text_of(parts[0].head, "Message-ID")[:200],
    )


def _read(raw: bytes, parts: Sequence[Part]) -> tuple[Kind, tuple[Failure, ...]]:
    head = parts[0].head
    complaint = read_feedback(parts)
    if complaint is not None:
        return complaint.kind, (complaint,)
    failures = read_status(parts)
    if failures:
        return _worst(failures), failures
    receipt = any(part.type == "message/disposition-notification" for part in parts)
    if is_automatic(head) or (receipt and not is_server(head)):
        return Kind.REPLY, ()
    if evidence.leave_token(parts):
        return Kind.LEAVE, ()
    failures = read_by_guess(raw, parts)
    if failures:
        return _worst(failures), failures
    return Kind.LETTER if evidence.is_letter(head) else Kind.UNKNOWN, ()


def _worst(failures: Sequence[Failure]) -> Kind:
    return min((failure.kind for failure in failures), key=_WORST.index)
