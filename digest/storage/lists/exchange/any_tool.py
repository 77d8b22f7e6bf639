"""Tables of people by any other program, our own exports among them.

Who left there is seen by the words that such programs have for it, so that nobody comes back
because her program is not known by name. The words are those of the exports of ActiveCampaign,
AWeber, beehiiv, Brevo, Buttondown, Campaign Monitor, Ghost, HubSpot, Kit, Klaviyo, MailerLite,
Moosend, phpList, Sendy and Shopify, and what sheets in other languages call it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from digest.storage.lists.exchange.columns import plain
from digest.storage.lists.exchange.foreign import Cause, Format, Leaving
from digest.storage.lists.exchange.tool import Tool
from digest.storage.lists.text import clean_text

#: In our own exports: what a suppression came of, or nothing.
SUPPRESSED = "suppressed"

# Names of columns and cells are compared as `columns.plain` makes them.
#: Columns that say how somebody stands; in the others a word must be the whole cell, for
#: `State` may be a part of a country, and `Type` anything.
_STATUS = re.compile(r"\b(?:status|statut|статус|状态|狀態|ステータス|상태)\b")
_STATE = re.compile(
    r"\b(?:state|etat|estado|stato|situacao|stav|stan|zustand|type|typ|consent|permission"
    r"|suppressions?|subscribetype|subscription|lifecycle|stage)\b"
)
#: Columns where anything but a no means that she left.
_SWITCH = re.compile(
    r"\b(?:unsub\w*|black ?list\w*|block ?list\w*|blocked|suppressed|opt(?:ed)? ?out"
    r"|(?:hard )?bounced?|clean time|complain\w*|spam|abuse|disabled|banned|deleted|removed"
    r"|do not (?:e ?mail|mail|contact|send)|abgemeldet|abbestellt|desabonne|desinscri\w*"
    r"|dado de baja|отписан)\b"
)
_NO_SWITCH = re.compile(r"\b(?:count|number|rate|score|total|soft|url|link|token|page|hash|id)\b")
#: Columns where a no means that she left, or that she never asked.
_SUBSCRIBED = re.compile(
    r"(?:is )?(?:subscribed(?: to e ?mails?)?|abonniert|abonne|suscrito|inscrito|iscritto)"
)
_ASKED = re.compile(
    r"(?:is )?(?:active|aktiv|actif|activo|confirmed|verified|enabled|newsletter)"
    r"|(?:e ?mail |double )?(?:opt(?:ed)? ?in|consent|permission)(?: .*)?"
    r"|accepts (?:e ?mail )?marketing|(?:e ?mail )?marketing consent"
)
_NO = frozenset(
    ["false", "no", "n", "0", "f", "none", "null", "never", "off", "nein", "non", "nao", "nie",
     "ne", "nej", "nei", "nee", "ei", "нет", "否", "不", "いいえ", "아니요"]
)  # fmt: skip
_NEVER = re.compile(
    r"(?:non ?subscribed|not subscribed|never subscribed|unconfirmed|not confirmed|unverified"
    r"|unactivated|pending|awaiting|waiting|inactive|inaktiv|inactif|inactivo|inattivo"
    r"|unbestatigt|non confirme|sin confirmar|no confirmado)(?!\w)"
)
_BOUNCED = re.compile(
    r"(?:(?:hard )?bounc\w*|cleaned|undeliver\w*|invalid|unzustellbar|non delivrable|rebotado"
    r"|rimbalzato)(?!\w)"
)
_HURT = re.compile(r"(?:complain\w*|(?:marked as |reported )?(?:spam|abuse)|junk)(?!\w)")
_GONE = re.compile(
    r"(?:unsub\w*|opt(?:ed)? ?outs?|block(?:ed|list|listed)|black ?list(?:ed)?"
    r"|(?:user )?suppress(?:ed|ions?)|disabled|banned|removed|deleted|cancel\w*"
    r"|do not (?:e ?mail|mail|contact|send)"
    r"|abgemeldet|abbestellt|ausgetragen|gesperrt|desabonnee?|desinscrite?"
    r"|dad[oa] de baja|baja|desuscrit[oa]|descadastrad[oa]|disiscritt[oa]|cancellat[oa]"
    r"|uitgeschreven|afgemeld|avregistrerad|avmeldt|frameldt|odhlasen\w*|wypisan\w*"
    r"|отписан\w*|отписался|退会|配信停止|解除|退订|已退订|取消订阅|수신거부)(?!\w)"
)
_WORDS = (
    (_NEVER, Cause.NEVER),
    (_BOUNCED, Cause.BOUNCE),
    (_HURT, Cause.COMPLAINT),
    (_GONE, Cause.UNSUBSCRIBE),
)


def watches(name: str) -> bool:
    """Whether a column may tell who left."""
    return _kind(name) is not None


def all_left(file_name: str) -> Leaving | None:
    """What the name of a file says about everybody in it, as in `unsubscribes-2026.csv`."""
    name = plain(file_name)
    found = ((cause, words.match(name)) for words, cause in _WORDS if cause is not Cause.NEVER)
    return next((Leaving(cause, f"in {file_name}") for cause, says in found if says), None)


def who_left(cells: Iterable[tuple[str, str]], file_name: str) -> Leaving | None:
    """What the cells of such columns, each with its name, say about one person."""
    never: Leaving | None = None
    for name, cell in cells:
        if name == SUPPRESSED and cell.lower() in set(Cause):
            return Leaving(Cause(cell.lower()), f"suppressed ({cell.lower()}) in {file_name}")
        found = _told(name, cell, file_name) if cell else None
        if found is not None and found.cause is not Cause.NEVER:
            return found
        never = never or found
    return never


def _told(name: str, cell: str, file_name: str) -> Leaving | None:
    kind = _kind(name)
    if kind is None or cell.startswith(("http:", "https:")):
        return None
    cause = _cause(kind, name, plain(cell))
    if cause is None:
        return None
    shown = clean_text(cell)[0][:40].lower()
    said = {_SWITCH: name, _SUBSCRIBED: f"{name}: {shown}", _ASKED: f"{name}: {shown}"}
    return Leaving(cause, f"{said.get(kind, shown)} in {file_name}")


def _cause(kind: re.Pattern[str], name: str, cell: str) -> Cause | None:
    if kind is _SUBSCRIBED or kind is _ASKED:
        if cell in _NO:
            return Cause.UNSUBSCRIBE if kind is _SUBSCRIBED else Cause.NEVER
    elif kind is _SWITCH:
        if not cell or cell in _NO:
            return None
        stem = _SWITCH.search(name)
        found = stem[0] if stem else ""
        if "bounce" in found or "clean" in found:
            return Cause.BOUNCE
        hurt = found.startswith(("complain", "spam", "abuse"))
        return Cause.COMPLAINT if hurt else Cause.UNSUBSCRIBE
    return next((cause for words, cause in _WORDS if _says(words, cell, kind)), None)


def _says(words: re.Pattern[str], cell: str, kind: re.Pattern[str]) -> bool:
    found = words.match(cell) if kind is _STATUS else words.fullmatch(cell)
    return found is not None


@lru_cache(maxsize=1024)
def _kind(name: str) -> re.Pattern[str] | None:
    """What sort of column this is; by `_SWITCH` stand those that are named for the leaving."""
    if _SUBSCRIBED.fullmatch(name):
        return _SUBSCRIBED
    if _STATUS.search(name):
        return _STATUS
    if _SWITCH.search(name) and not _NO_SWITCH.search(name):
        return _SWITCH
    if _ASKED.fullmatch(name):
        return _ASKED
    return _STATE if _STATE.search(name) else None


ANY_TOOL = Tool(
    format=Format.CSV,
    called="another program",
    fits=lambda names: True,
    reads=frozenset([SUPPRESSED]),
    leaving=lambda cells, file_name: None,
)
