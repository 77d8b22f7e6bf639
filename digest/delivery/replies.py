"""What an SMTP reply means for the letter, and what it means for the run.

The stage matters more than the digit: 550 at RCPT speaks of a reader, 550 at MAIL of us. Where a
server gives an enhanced code (RFC 3463) it decides; words decide only where codes are silent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from digest.model import OutcomeKind, Stage


class Bearing(StrEnum):
    """What a reply says beyond its one letter."""

    NONE = "none"
    LATER = "later"  # greylisting: the usual answer to a first try, no sign of trouble
    THROTTLED = "throttled"  # we are too fast
    POLICY = "policy"  # it refuses us; a run of equal ones stops the sending
    TOO_BIG = "too big"  # it refuses our letter's size; treated as policy
    AUTH = "auth"  # password or TLS: nothing can be sent until a person mends it


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The meaning of one reply. `ends` says that the connection is of no more use."""

    kind: OutcomeKind
    bearing: Bearing = Bearing.NONE
    ends: bool = False
    enhanced: str = ""

    @property
    def refuses_us(self) -> bool:
        return self.bearing in (Bearing.POLICY, Bearing.TOO_BIG, Bearing.AUTH)


_ENHANCED = re.compile(r"^\s*([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)")
_GREYLIST = re.compile(
    r"gr[ae]y-?list|postgrey|try again (?:later|in)|come back later", re.IGNORECASE
)
_TOO_FAST = re.compile(
    r"throttl|too (?:many|fast|much)|slow down|rate[ -]?limit|sending rate|concurrent"
    r"|(?:limit|quota) (?:exceeded|reached)|exceeded .*(?:limit|quota)|unusual rate",
    re.IGNORECASE,
)
_OUR_QUOTA = re.compile(
    r"daily|sending (?:quota|limit)|message quota|rate[ -]?limit", re.IGNORECASE
)
_FULL = re.compile(r"mailbox|quota|over ?quota|storage|\bfull\b", re.IGNORECASE)
_ABOUT_US = re.compile(
    r"relay|spam|block(?:ed|list)|\bDNSBL\b|\bRBL\b|\blisted\b|reputation|authenticat"
    r"|\bSPF\b|\bDKIM\b|\bDMARC\b|polic(?:y|ies)|sender|your (?:ip|host|server)",
    re.IGNORECASE,
)
_AUTH_CODES = frozenset({530, 534, 535, 538})
_BEFORE_MAIL = frozenset({Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH})
_ABOUT_READER = frozenset({Stage.RCPT, Stage.DATA, Stage.DOT})


def parse_enhanced(text: str) -> str:
    """The RFC 3463 code that a reply's text begins with, or ""."""
    match = _ENHANCED.match(text)
    return f"{match[1]}.{int(match[2])}.{int(match[3])}" if match else ""


def judge_reply(stage: Stage, code: int, text: str) -> Judgement:
    """Say what a reply means. `code` 0, or one that cannot be a reply, is: no sensible answer."""
    enhanced = parse_enhanced(text)
    if code == 421:
        return _closing(stage, text, enhanced)
    if 200 <= code < 300 and stage is Stage.DOT:
        return Judgement(kind=OutcomeKind.SENT, enhanced=enhanced)
    if 400 <= code < 500:
        return _later(stage, code, text, enhanced)
    if 500 <= code < 600:
        return _never(stage, code, text, enhanced)
    return no_answer(stage)


def no_answer(stage: Stage) -> Judgement:
    """Silence, a lost connection, or a reply out of step: only behind the dot is it in doubt."""
    unknown = stage is Stage.DOT
    return Judgement(kind=OutcomeKind.UNKNOWN if unknown else OutcomeKind.UNTRIED, ends=True)


def _closing(stage: Stage, text: str, enhanced: str) -> Judgement:
    """421 may answer anything, and closes (RFC 5321 §3.8). Before the content it costs no try."""
    if _TOO_FAST.search(text):
        fast = Bearing.THROTTLED
        return Judgement(kind=OutcomeKind.UNTRIED, bearing=fast, ends=True, enhanced=enhanced)
    kind = OutcomeKind.DEFERRED if stage is Stage.DOT else OutcomeKind.UNTRIED
    return Judgement(kind=kind, ends=True, enhanced=enhanced)


def _later(stage: Stage, code: int, text: str, enhanced: str) -> Judgement:
    if stage in _BEFORE_MAIL:
        fast = Bearing.THROTTLED if _TOO_FAST.search(text) else Bearing.NONE
        return Judgement(kind=OutcomeKind.UNTRIED, bearing=fast, ends=True, enhanced=enhanced)
    if not enhanced.startswith("4.2.") and (_TOO_FAST.search(text) or code in (432, 454)):
        # Too fast is no fault of this reader's: it costs her no try, and the pace drops.
        fast = Bearing.THROTTLED
        return Judgement(kind=OutcomeKind.UNTRIED, bearing=fast, enhanced=enhanced)
    greylisted = stage is Stage.RCPT and code in (450, 451) and _GREYLIST.search(text)
    bearing = Bearing.LATER if greylisted else Bearing.NONE
    return Judgement(kind=OutcomeKind.DEFERRED, bearing=bearing, enhanced=enhanced)


def _never(stage: Stage, code: int, text: str, enhanced: str) -> Judgement:
    ours = Judgement(kind=OutcomeKind.UNTRIED, bearing=Bearing.POLICY, enhanced=enhanced)
    if code in _AUTH_CODES or stage in (Stage.STARTTLS, Stage.AUTH):
        return Judgement(
            kind=OutcomeKind.UNTRIED, bearing=Bearing.AUTH, ends=True, enhanced=enhanced
        )
    if stage in _BEFORE_MAIL:
        return Judgement(
            kind=OutcomeKind.UNTRIED, bearing=Bearing.POLICY, ends=True, enhanced=enhanced
        )
    if _is_full(stage, code, text, enhanced):
        return Judgement(kind=OutcomeKind.DEFERRED, enhanced=enhanced)
    if enhanced in ("5.3.4", "5.2.3") or (code == 552 and not enhanced):
        return Judgement(kind=OutcomeKind.UNTRIED, bearing=Bearing.TOO_BIG, enhanced=enhanced)
    if stage in _ABOUT_READER and _names_reader(stage, code, text, enhanced):
        return Judgement(kind=OutcomeKind.REJECTED, enhanced=enhanced)
    return ours


def _is_full(stage: Stage, code: int, text: str, enhanced: str) -> bool:
    """A full mailbox empties again, so a "permanent" reply about one is not final."""
    if enhanced:
        return enhanced == "5.2.2" and stage in _ABOUT_READER
    if stage not in _ABOUT_READER or _OUR_QUOTA.search(text):
        return False
    if code == 552:
        return stage is Stage.RCPT or bool(_FULL.search(text))
    return code == 550 and bool(
        re.search(r"over ?quota|quota exceed|mailbox (?:is )?full", text, re.IGNORECASE)
    )


def _names_reader(stage: Stage, code: int, text: str, enhanced: str) -> bool:
    if enhanced:
        if enhanced in ("5.1.7", "5.1.8", "5.1.9", "5.4.5"):  # the sender's address, our quota
            return False
        if enhanced == "5.6.7":  # her address needs SMTPUTF8 further on (RFC 6531)
            return True
        # 5.0.0 says nothing but "5xx": it counts as silence.
        if enhanced != "5.0.0":
            return enhanced.startswith(("5.1.", "5.2.", "5.4."))
    if stage is not Stage.RCPT:
        return False
    # 521 and 556: the reader's domain takes no mail (RFC 7504).
    if code not in (550, 551, 553, 521, 556):
        return False
    return not (_OUR_QUOTA.search(text) or _ABOUT_US.search(text))
