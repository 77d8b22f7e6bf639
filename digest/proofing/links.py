"""Does each link lead somewhere, and say where? RFC 3986, RFC 6068, WCAG 2.4.4."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from email.utils import parseaddr
from urllib.parse import unquote

from lxml.html import HtmlElement

from digest.proofing.addresses import is_loopback, site, split_address
from digest.proofing.finding import Findings, error, shown, warning
from digest.proofing.page import Page, elements, place, text_of

# Alone, in a list of links, these say nothing: English, German, French, Spanish, Chinese.
_VAGUE = frozenset(
    {"here", "click", "click here", "link", "this link", "this", "read more", "more", "go"}
    | {"learn more", "see more", "continue", "details", "hier", "hier klicken", "klicken sie hier"}
    | {"mehr", "weiterlesen", "ici", "cliquez ici", "lire la suite", "en savoir plus", "aquí"}
    | {"haga clic aquí", "leer más", "ver más", "más", "enlace", "点击这里", "这里", "更多", "链接"}
)
#: Words for leaving a list, in the languages above and Arabic.
LEAVE = re.compile(
    r"unsubscribe|opt.?out|abmelden|abbestellen|abbestellung|désabonn|désinscri"
    r"|darse de baja|cancelar la suscripción|cancelar suscripción|退订|取消订阅|إلغاء الاشتراك",
    re.IGNORECASE,
)
# A text that readers take for an address. A bare name counts only under endings that no
# program's or model's name has ("Node.js", "Fast.ai").
_LOOKS = re.compile(
    r"(?:https?://|www\.)(?P<sure>[\w.-]+)\S*|(?P<path>(?:[\w-]+\.)+[a-z]{2,})/\S*"
    r"|(?P<bare>(?:[\w-]+\.)+(?:com|org|net|edu|gov|info|biz|de|fr|uk|eu))",
    re.IGNORECASE,
)


def check_links(page: Page, ways: Collection[str]) -> Findings:
    """Every link of the HTML part; `ways` are the addresses that List-Unsubscribe has."""
    yield from _check_leaving(page, ways)
    names: dict[str, set[str]] = defaultdict(set)
    ids = {element.get("id") for element in elements(page.root) if element.get("id")}
    anchors = {element.get("name") for element in page.root.iter("a") if element.get("name")}
    for link in page.root.iter("a", "area"):
        href = link.get("href")
        if href is None:
            continue
        yield from _check_address(link, href, ids, anchors)
        name = _name(link)
        yield from _check_name(link, name)
        names[name.casefold()].add(href.strip())
    for name, targets in names.items():
        if len(targets) > 1 and name:
            words = "links of this name lead to different pages; in a list they are all the same"
            yield warning("links", shown(name), f"{len(targets)} {words}: name what is there")


def _check_leaving(page: Page, ways: Collection[str]) -> Findings:
    for link in page.root.iter("a"):
        if (link.get("href") or "").strip() in ways or LEAVE.search(_name(link)):
            return
    words = "no link says how to leave; add the unsubscribe link of List-Unsubscribe"
    yield error("links", "text/html", words)


def _check_address(link: HtmlElement, href: str, ids: set[str], anchors: set[str]) -> Findings:
    where, address = place(link), href.strip()
    if address in ("", "#"):
        yield error("links", where, "leads nowhere; give it an address or make it text")
        return
    if address.startswith("#"):
        yield from _check_anchor(where, address[1:], ids, anchors)
        return
    parts = split_address(address)
    if parts is None:
        words = "is no address; escape what may not stand in one (RFC 3986)"
        yield error("links", where, f"{shown(address)} {words}")
    elif parts.scheme in ("http", "https"):
        host = parts.hostname or ""
        if parts.scheme == "http" and not is_loopback(host):
            yield warning("links", where, f"{shown(address)} is http; use https if the site has it")
        yield from _check_shown_site(link, host)
    elif parts.scheme == "mailto":
        if "@" not in parseaddr(unquote(parts.path))[1]:
            yield error("links", where, f"{shown(address)} names no mail address")
    elif parts.scheme in ("tel", "sms"):
        return
    elif parts.scheme:
        yield error("links", where, f"{parts.scheme}: does not work in mail; use https or mailto")
    else:
        words = f"{shown(address)} is not a whole address; mail has no page to seek it on"
        yield error("links", where, f"{words}: begin with https://")


def _check_anchor(where: str, name: str, ids: set[str], anchors: set[str]) -> Findings:
    names = {name, unquote(name)}
    if names.isdisjoint(ids | anchors):
        yield error("links", where, f"leads to #{name}, which is not in the letter")
    elif names.isdisjoint(anchors):
        words = f"leads to #{name}, which Gmail and Outlook find by name"
        yield warning("links", where, f'{words}: add <a name="{name}">')
    elif names.isdisjoint(ids):
        words = f"leads to #{name}, which other programs find by id"
        yield warning("links", where, f'{words}: add id="{name}"')


def _check_shown_site(link: HtmlElement, host: str) -> Findings:
    found = _LOOKS.fullmatch(text_of(link))
    if not found:
        return
    said = site((found["sure"] or found["path"] or found["bare"]).strip("."))
    real = site(host)
    if said != real and not f".{real}".endswith(f".{said}"):
        words = f"shows {said} and leads to {real}; readers and filters take that for phishing"
        yield error("links", place(link), f"{words}: show the real address")


def _name(link: HtmlElement) -> str:
    """What a screen reader calls the link."""
    return str(link.get("aria-label") or text_of(link) or link.get("title") or "").strip()


def _check_name(link: HtmlElement, name: str) -> Findings:
    if not name:
        words = "is a link without text; say where it leads, or give its image an alt"
        yield error("links", f"{link.tag} {shown(link.get('href') or '')}", words)
    elif name.casefold().strip(" .:…>»→[]()!") in _VAGUE:
        yield warning("links", place(link), "does not say where it leads; name the page or paper")
