"""What RFC 4287 asks of a feed, as far as a program can see."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit

from lxml import etree

NS = "{http://www.w3.org/2005/Atom}"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ONCE = {"id", "title", "updated"}
_AT_MOST_ONCE = {"content", "published", "rights", "source", "summary", "subtitle", "icon", "logo"}


def faults_of(body: bytes) -> list[str]:
    """Everything that is wrong with a feed; none for a sound one."""
    feed = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    if feed.tag != f"{NS}feed":
        return [f"the root is {feed.tag}"]
    entries = feed.findall(f"{NS}entry")
    found = list(_of("feed", feed))
    if not feed.findall(f"{NS}author") and any(e.find(f"{NS}author") is None for e in entries):
        found.append("an entry has no author (4.1.2)")
    if not any(link.get("rel") == "self" for link in feed.findall(f"{NS}link")):
        found.append("the feed has no link to itself (4.1.1)")
    ids = [entry.findtext(f"{NS}id") for entry in entries]
    if len(set(ids)) != len(ids):
        found.append("two entries have one id (4.1.1)")
    for entry in entries:
        found += _of("entry", entry)
    return found


def _of(kind: str, element: etree._Element) -> list[str]:
    found = []
    children = [child.tag.removeprefix(NS) for child in element if isinstance(child.tag, str)]
    found += [f"{kind}: {children.count(n)} of {n}" for n in _ONCE if children.count(n) != 1]
    found += [f"{kind}: several {name}" for name in _AT_MOST_ONCE if children.count(name) > 1]
    found += [f"{kind}: strange {name}" for name in children if name.startswith("{")]
    name = element.findtext(f"{NS}id") or ""
    if not re.match(r"[a-z][a-z0-9+.-]*:.", name):
        found.append(f"{kind}: {name!r} is no absolute IRI (4.2.6)")
    for moment in ("updated", "published"):
        text = element.findtext(f"{NS}{moment}")
        if text is not None and not _MOMENT.fullmatch(text):
            found.append(f"{kind}: {moment} {text!r} is not RFC 3339 (3.3)")
        elif text is not None:
            datetime.fromisoformat(text)
    found += _links(kind, element)
    for author in element.findall(f"{NS}author"):
        if not (author.findtext(f"{NS}name") or "").strip():
            found.append(f"{kind}: an author has no name (3.2.1)")
    content = element.find(f"{NS}content")
    if content is not None and (content.get("type") != "html" or len(content)):
        found.append(f"{kind}: html content has child elements (4.1.3.3)")
    return found


def _links(kind: str, element: etree._Element) -> list[str]:
    found, alternates = [], []
    for link in element.findall(f"{NS}link"):
        if not urlsplit(link.get("href") or "").scheme:
            found.append(f"{kind}: link {link.get('href')!r} is not absolute")
        if link.get("rel", "alternate") == "alternate":
            alternates.append((link.get("type"), link.get("hreflang")))
    if len(set(alternates)) != len(alternates):
        found.append(f"{kind}: two alternate links of one type (4.1.1)")
    if kind == "entry" and not alternates and element.find(f"{NS}content") is None:
        found.append("entry: neither content nor an alternate link (4.1.2)")
    return found
