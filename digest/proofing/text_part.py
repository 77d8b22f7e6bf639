"""Does the text part stand on its own: complete, plain, wrapped? RFC 3676, RFC 5322 §2.1.1."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from digest.proofing.finding import Findings, error, shown, warning
from digest.proofing.links import LEAVE
from digest.proofing.opened import Opened, Part
from digest.proofing.page import Page, text_of

WIDEST = 78
_URL = re.compile(r"(?:https?|mailto):[^\s<>\"]+")
_TAG = re.compile(
    r"</?(?:p|div|br|a|b|i|em|strong|span|font|table|tr|td|ul|ol|li|h[1-6]|img|style)"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(
    r"&(?:amp|lt|gt|quot|nbsp|apos|mdash|ndash|hellip|zwnj|#\d+|#x[0-9a-f]+);", re.IGNORECASE
)
_EMPTY = re.compile(r"\n(?:[ \t]*\n){3,}")


def check_text(letter: Opened, page: Page | None) -> Findings:
    """The text part alone, then beside the HTML part."""
    part = letter.part("text/plain")
    if part is None:
        return  # told with the structure
    text = unflow(part)
    if not text.strip():
        yield error("text", "text/plain", "is empty; text programs and watches show nothing")
        return
    yield from _check_lines(part, letter.plain)
    yield from _check_plainness(text, text_of(page.body) if page else "")
    yield from _check_leaving(letter, text)
    if page:
        yield from _check_titles(page, text)
        yield from _check_urls(page, text)


def is_flowed(part: Part) -> bool:
    return str(part.message.get_param("format") or "").lower() == "flowed"


def unflow(part: Part) -> str:
    """The text as a reader's program joins it (RFC 3676 §4.1 to 4.3)."""
    text = part.text.replace("\r\n", "\n")
    if not is_flowed(part):
        return text
    lines = [line.removeprefix(" ") for line in text.split("\n")]
    drop = str(part.message.get_param("delsp") or "").lower() == "yes"
    pieces = []
    for line in lines:
        if line.endswith(" ") and line != "-- ":
            pieces.append(line[:-1] if drop else line)
        else:
            pieces.append(f"{line}\n")
    return "".join(pieces)


def _check_lines(part: Part, text: str) -> Findings:
    flowed = is_flowed(part)
    for number, line in enumerate(text.split("\n"), 1):
        # A link, or a single long word, cannot be broken.
        columns = width(line.rstrip())
        if columns > WIDEST and _breakable(line):
            words = f"has {columns} columns; wrap it at {WIDEST}, as terminals and quotes need"
            yield warning("text", f"text line {number} {shown(line.strip())}", words)
        if flowed and line.startswith((">", "From ")):
            words = "begins with > or From; format=flowed wants a blank before it"
            yield error("text", f"text line {number}", words)
    if empty := _EMPTY.search(text):
        where = f"text line {text.count(chr(10), 0, empty.start()) + 2}"
        yield warning("text", where, "begins three or more empty lines; two are enough")


def _breakable(line: str) -> bool:
    rest = _URL.sub("", line)
    if width(rest.strip()) <= WIDEST and rest != line:
        return False
    return len(rest.removeprefix("- ").split()) > 1 or any(map(_is_wide, rest))


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def width(line: str) -> int:
    """Columns in a terminal."""
    if line.isascii():
        return len(line)
    inked = (each for each in line if unicodedata.category(each) not in ("Mn", "Me", "Cf"))
    return sum(1 + _is_wide(each) for each in inked)


def _check_plainness(text: str, visible: str) -> Findings:
    # A title may well be about <b>: what the HTML part shows as text is text here too.
    for pattern, what in ((_TAG, "an HTML tag"), (_ENTITY, "an HTML entity")):
        found = next((each for each in pattern.finditer(text) if each[0] not in visible), None)
        if found:
            line = text.count("\n", 0, found.start()) + 1
            yield error("text", f"text line {line}", f"holds {what}, {shown(found[0])}; write text")


def _check_leaving(letter: Opened, text: str) -> Findings:
    if not any(way in text for way in letter.ways_to_leave) and not LEAVE.search(text):
        words = "does not say how to leave; add the unsubscribe link of List-Unsubscribe"
        yield error("text", "text/plain", words)


def _check_titles(page: Page, text: str) -> Findings:
    words = _letters(text)
    for heading in page.root.iter("h1", "h2", "h3"):
        title = text_of(heading)
        if _letters(title) not in words:
            yield error("text", shown(title, 60), "is a heading of the HTML and not in the text")


def _letters(text: str) -> str:
    """Letters and digits alone: how a formula or a line is set does not matter."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def _check_urls(page: Page, text: str) -> Findings:
    linked = {
        link.get("href").strip(): text_of(link)
        for link in page.root.iter("a")
        if (link.get("href") or "").strip().startswith(("http:", "https:"))
    }
    written = set(urls(text))
    for url, name in linked.items():
        if url not in written and url.rstrip("/") not in written:
            yield warning("text", shown(name, 60), "is a link of the HTML and not in the text")
    shown_as_text = set(urls(text_of(page.root)))  # an abstract may name an address
    for url in written - shown_as_text:
        if url.startswith("http") and url not in linked and f"{url}/" not in linked:
            yield warning("text", shown(url, 60), "is a link of the text and not in the HTML")


def urls(text: str) -> Iterator[str]:
    """The links of a text, without the point or bracket that may follow."""
    for found in _URL.finditer(text):
        url = found[0].rstrip(".,;:!?'")
        while url.endswith((")", "]")) and url.count("(") < url.count(")"):
            url = url[:-1]
        yield url
