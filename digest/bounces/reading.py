"""Turns the bytes of one mail into what it says."""

from __future__ import annotations

from collections.abc import Sequence

from digest.bounces import evidence
from digest.bounces.automatic import is_automatic, is_server
from digest.bounces.feedback import TYPE, read_bare, read_feedback
from digest.bounces.heuristics import read_by_guess
from digest.bounces.parts import Part, take_apart, text_of
from digest.bounces.report import Failure, Kind, Report
from digest.bounces.status_report import TYPES, read_status

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
    # A report in a message inside was passed on by somebody: what it is about may be a letter
    # of theirs. Some mail servers wrap their own.
    own = [part for part in parts if is_server(head) or not part.enclosed]
    complaint = read_feedback(own) or read_bare(parts)
    if complaint is not None:
        return complaint.kind, (complaint,)
    failures = read_status(own)
    if failures:
        return _worst(failures), failures
    receipt = any(part.type == "message/disposition-notification" for part in parts)
    if is_automatic(head) or (receipt and not is_server(head)):
        return Kind.REPLY, ()
    if evidence.leave_token(parts):
        return Kind.LEAVE, ()
    passed_on = any(part.type in (*TYPES, TYPE) for part in parts if part not in own)
    failures = read_by_guess(raw, parts) if not passed_on else ()
    if failures:
        return _worst(failures), failures
    return Kind.LETTER if evidence.is_letter(head) else Kind.UNKNOWN, ()


def _worst(failures: Sequence[Failure]) -> Kind:
    return min((failure.kind for failure in failures), key=_WORST.index)
