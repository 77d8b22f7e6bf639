"""Judges from a server's code and words whether a mailbox is gone, ails, or refuses us.

The enhanced code (RFC 3463) says more than the reply code, and the stage at which it was said
more than the first digit: a 5xx behind the letter's content is about the letter. Where nothing
is sure a bounce is soft.
"""

from __future__ import annotations

import re

from digest.bounces.report import Kind

_ENHANCED = re.compile(r"(?<![\d.])([45])\.([0-7])\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45][0-5]\d)(?![\d.])[\s-]")
_HARD = {"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"}
_SOFT = {"2.2", "2.4", "3.1", "3.2", "3.3", "3.5"}
_OURS = {"1.7", "1.8", "1.9", "2.3", "3.4", "4.5"}
#: Subjects that say nothing beside "failed": the words decide.
_VAGUE = {"0.0", "1.0", "2.0", "3.0", "4.0", "4.1", "5.0"}


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


_GONE = _any(
    r"(?:user|recipient|addressee|account|mailbox|address) (?:is )?unknown",
    r"unknown (?:or illegal )?(?:user|recipient|address|local|mailbox|account)",
    r"no such (?:user|recipient|address|mailbox|person|account|local|alias|name|mail ?drop)",
    r"(?:user|recipient|mailbox|account|address|alias)\S* (?:\S+ ){0,3}(?:not found|unavailable"
    r"|does(?: not|n't) exist|not exist|is (?:disabled|inactive|closed)|not (?:known|listed))",
    r"does(?: not|n't) (?:have|exist|match)|did not match|doesn't have an? \S+ account",
    r"no (?:mailbox|user) (?:here )?by that name|not a valid (?:user|mailbox|recipient)",
    r"invalid (?:\S+ ){0,2}(?:recipient|user|userid|mailbox|address)|bad destination mailbox",
    r"recipient (?:address )?(?:rejected|not recognized)|isn't a (?:known|valid)",
    r"no longer (?:available|active|valid|in use|with)|unrouteable (?:mail )?address",
    r"account (?:has been )?(?:disabled|closed|deleted)|non-?existent (?:\S+ )?account",
    r"empf(?:ä|ae)nger (?:ist )?unbekannt|(?:destinataire|utilisateur) inconnu|不存在|存在しません",
    r"(?:usuario|destinatario) (?:desconocido|inexistente)|(?:utente|destinatario) sconosciuto",
)
_FULL = _any(
    r"quota|mailbox (?:is |size )?(?:full|exceed|limit)|(?:mail)?box (?:is )?full|over limit",
    r"insufficient (?:system )?storage|out of (?:storage )?space|disk full|storage (?:is )?full",
)
_ABOUT_US = _any(
    r"spam|block(?:ed|list)|black ?list|\bpolicy\b|reputation|dmarc|\bspf\b|\bdkim\b|rbl\b",
    r"content (?:was )?(?:rejected|refused)|message (?:too large|size|content)|too (?:large|big)",
    r"not (?:authori[sz]ed|permitted)|access denied|relay(?:ing)? (?:access )?denied|virus",
    r"sender (?:address )?rejected|rate limit|unsolicited|banned|no smtp service|bad dns",
    r"sender verif|verif\S+ failed",
)
# What is said of the sender, or of the moment, outweighs a code or a word for "no such mailbox":
# servers answer 550 5.1.1 to a host that is on a list, and to one that is too quick.
_SENDER = _any(
    r"block(?:ed|ing)? (?:using|by|list)|block-?list|black ?list|spamhaus|dnsbl|\brbl\b",
    r"\bspf\b|\bdkim\b|\bdmarc\b|reputation|policy re(?:jection|asons?|strictions?)",
    r"(?:local|due to|by|for) policy|relay(?:ing)? (?:access )?(?:denied|not permitted)",
    r"sender (?:address |verif\S* |domain )*(?:rejected|failed|invalid|unknown|denied)",
    r"sender verif|call(?:out|back) verif|verif\S+ failed for|(?:is|as|likely) spam",
    r"(?<![\d.])5\.7\.\d{1,3}(?![\d.])",
)
_MOMENT = _any(
    r"gr[ea]y-?list|(?:try|retry|resend)\b.{0,40}\blater\b|again in \d|temporar",
    r"receiving mail (?:at a rate|too)|too (?:many|quickly|fast|often)",
)
_ADDRESS = re.compile(r"\S+@\S+")
_LATE = _any(r"in reply to (?:end of )?DATA", r"after (?:end of )?data", r"in reply to MAIL")


def find_status(status: str, words: str) -> str:
    """The code that says most: the words' own, where the report's is vague or missing."""
    stated = _enhanced(status)
    spoken = _enhanced(words)
    if stated and spoken and stated.partition(".")[2] in _VAGUE:
        return spoken
    if stated or spoken:
        return stated or spoken
    reply = _REPLY.search(f"{words} ")
    return reply[1] if reply else ""


def judge(status: str, words: str) -> Kind:
    """HARD, SOFT or REFUSAL, of a letter that will not arrive any more."""
    first, _, rest = status.partition(".")
    if rest in _OURS or rest.startswith(("5.", "6.", "7.")):
        return _judge_words(words) if rest == "5.0" and _GONE.search(words) else Kind.REFUSAL
    if first == "4" or status.startswith("4"):  # tried until it was too old
        return Kind.SOFT
    if rest in _HARD:
        return _unless_ours(words)
    if rest in _SOFT or (rest and rest not in _VAGUE):
        return Kind.SOFT
    return _judge_words(words)


def _judge_words(words: str) -> Kind:
    if _FULL.search(words):
        return Kind.SOFT
    if _LATE.search(words):
        return Kind.REFUSAL
    if _GONE.search(words):
        return _unless_ours(words)
    return Kind.REFUSAL if _ABOUT_US.search(words) else Kind.SOFT


def _unless_ours(words: str) -> Kind:
    said = _ADDRESS.sub(" ", words)  # an address may be called anything
    if _SENDER.search(said):
        return Kind.REFUSAL
    return Kind.SOFT if _MOMENT.search(said) else Kind.HARD


def _enhanced(text: str) -> str:
    match = _ENHANCED.search(text)
    return match[0] if match else ""
