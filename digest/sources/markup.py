"""HTML in abstracts as plain text.

Only well-formed tags with known names are markup: an abstract that merely says `$a<b$ and $c>d$`
or `the <think> token` keeps every character. Nothing is rendered, so what is mistaken for text
is shown as text.
"""

from __future__ import annotations

import html
import re

from digest.sources.scripts import set_script

_BLOCK_NAMES = """address article aside blockquote br center dd details div dl dt fieldset
figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre sec section
summary table tbody td tfoot th thead title tr ul disp-formula list list-item"""
# Beside HTML: JATS (journals, bioRxiv) and MathML. `<think>` and `<image>` are words of our trade.
_INLINE_NAMES = """a abbr acronym b bdi bdo big body button cite code data del dfn em font html i
img input ins kbd label link mark meta q rp rt ruby s samp small source span strike
strong sub sup svg time tt u var video wbr audio iframe object param picture path g
abstract bold italic underline sc
monospace roman sans-serif inline-formula ext-link xref inline-graphic named-content styled-content
alternatives math mi mn mo mrow msub msup msubsup mfrac msqrt mroot mtext mspace mover munder
munderover mstyle mtable mtr mtd mfenced menclose mpadded mphantom semantics annotation-xml"""
_BLOCK = frozenset(_BLOCK_NAMES.split())
_INLINE = frozenset(_INLINE_NAMES.split())
_HIDDEN = frozenset({"script", "style", "template", "noscript", "head", "annotation", "tex-math"})
_ATTRIBUTE = (
    r"\s+[a-zA-Z_:@][\w:.-]*\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>=`]+)"
    r"|\s+(?:hidden|disabled|checked|async|defer|allowfullscreen|controls|nowrap|compact|itemscope)\b"
)
_TAG = re.compile(
    rf"<(?P<close>/?)(?:[a-zA-Z]+:)?(?P<name>[a-zA-Z][a-zA-Z0-9-]*)(?:{_ATTRIBUTE})*\s*/?>"
    # What is never closed ends with the text, or at the next `<`: no place is searched twice.
    r"|<!--.*?(?:-->|\Z)|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<!doctype[^<>]*>|<\?xml[^<>?]*\?>",
    re.IGNORECASE | re.DOTALL,
)


def html_to_text(markup: str) -> str:
    """Text of an HTML fragment, one line a block; pass it on to `clean_text` or `clean_title`.

    Scripts, styles and comments go; `<sub>` and `<sup>` become Unicode where it has the form.
    Text that was encoded as a whole (`&lt;p&gt;…`) is read once more. Entities are decoded.
    """
    text, tags = _strip(markup)
    text = html.unescape(text)
    if not tags and "</" in text:
        text = html.unescape(_strip(text)[0])
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _strip(markup: str, *, in_cdata: bool = False) -> tuple[str, int]:
    """The text between tags, and how many tags there were. Entities stay encoded.

    CDATA cannot nest (XML 1.0, 2.7), so what looks like it inside is dropped, never entered.
    """
    if "<" not in markup:
        return markup, 0
    out: list[str] = []
    raised: list[tuple[str, int]] = []  # open <sub> or <sup>: the name, where its text begins
    at = tags = 0
    hidden = ""
    for found in _TAG.finditer(markup):
        name = (found["name"] or "").lower()
        if name and name not in _BLOCK and name not in _INLINE and name not in _HIDDEN:
            continue
        if not hidden:
            out.append(markup[at : found.start()])
        at = found.end()
        tags += 1
        if hidden:
            if found["close"] and name == hidden:
                hidden = ""
        elif found["cdata"] is not None:
            if not in_cdata:
                inner, _ = _strip(found["cdata"], in_cdata=True)
                out.append(html.escape(inner, quote=False))
        elif name in _HIDDEN:
            hidden = "" if found["close"] or found[0].endswith("/>") else name
        elif name in ("sub", "sup", "msub", "msup"):
            _raise(out, raised, name, closing=bool(found["close"]))
        elif name in _BLOCK:
            out.append("\n")
    if not hidden:
        out.append(markup[at:])
    return "".join(out), tags


def _raise(out: list[str], raised: list[tuple[str, int]], name: str, *, closing: bool) -> None:
    """Remember where a raised or lowered text begins, and set it at its closing tag."""
    if name.startswith("m"):
        return
    if not closing:
        raised.append((name, len(out)))
    elif raised and raised[-1][0] == name:
        begin = raised.pop()[1]
        inner = html.unescape("".join(out[begin:])).strip()
        del out[begin:]
        out.append(html.escape(set_script(inner, name), quote=False))
