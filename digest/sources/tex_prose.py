"""TeX in prose: ties, dashes, quotes, groups, scripts, dollars that open formulas."""

from __future__ import annotations

import re

from digest.sources.scripts import set_script
from digest.sources.tex_dollars import find_formula_end
from digest.sources.tex_links import link_text
from digest.sources.tex_span import SOFT, Span, SpanReader, settle_blanks
from digest.sources.tex_symbols import symbol

# TeX sets `\left\| x \right\|` without the blanks that people type in it.
_INNER_BLANK = re.compile(r"(?<=[(\[{⟨⌊⌈]) +| +(?=[)\]}⟩⌋⌉])")
_THIN = re.compile(r"\\[,;: ]|~")
_THIN_END = re.compile(r"(?:\\[,;: ]|~)\Z")
_NORM = re.compile(r"‖ ?([^‖]{1,100}?) ?‖")
_AMOUNT = re.compile(r"\b\d[\d.]*[A-Za-z%×]{0,2}\Z")
# What a lost command leaves in braces: a name or a phrase. A set has commas, a place to be filled
# is one word in small letters.
_PHRASE = re.compile(r"(?=[^\n]*(?:[A-Z ]))[\w(][\w.()%&:'’–-]*(?: [\w.()%&:'’–-]+)*")
_QUOTED = re.compile(r"`([^`'\n]{1,200})'(?!\w)")


class ProseReader(SpanReader):
    """Reads every sign that is no command."""

    def _plain_sign(self, span: Span, sign: str, at: int) -> str:
        before = self.text[at - 1 : at]
        after = self.text[span.at : span.at + 1]
        if sign == "~":
            amount = _AMOUNT.search(self.text, max(at - 8, 0), at) is not None
            return " " if _is_tie(before, after, amount=amount) else "~"
        if sign == "`":
            return self._open_quote(span, at)
        if sign == "''":
            return "”" if self.quoted else sign
        if sign[0] == "-":
            quoted = before in "\"'" and self.text[at - 2 : at - 1].isalnum()
            return _dash(sign, "a" if quoted else before, after)
        return sign

    def _open_quote(self, span: Span, at: int) -> str:
        text = self.text
        run = len(text) - at - len(text[at:].lstrip("`")) if at < len(text) else 1
        if run == 2:
            span.at = at + 2
            self.quoted = True
            return "“"
        if run > 2:  # a fence of Markdown
            span.at = min(at + run, span.end)
            return "`" * run
        found = _QUOTED.match(text, at, span.end)
        if not found or text[at - 1 : at].isalnum():
            return "`"
        inner = self._read(found.start(1), found.end(1), math=False)
        span.at = found.end()
        return f"‘{inner}’"

    def _dollar(self, span: Span, at: int) -> None:
        if span.math:  # a stray dollar inside \( \)
            span.out.append("$")
            return
        width = 2 if self.text.startswith("$$", at) else 1
        end = find_formula_end(self.text, at, width, span.end)
        if end is None:
            span.out.append("$")
            return
        span.out.append(self._formula(at + width, end))
        span.at = end + width

    def _formula(self, start: int, end: int) -> str:
        raw = self.text[start:end]
        shown = self._read(start, end, math=True).strip().replace("′′", "″")
        if " " in shown:
            shown = _INNER_BLANK.sub("", _NORM.sub(r"‖\1‖", shown))
        # `5$\,\mu$m`: a blank that somebody asked for.
        before = " " if _THIN.match(raw) else ""
        return f"{before}{shown}{' ' if _THIN_END.search(raw) else ''}"

    def _group(self, span: Span, at: int) -> None:
        end = self.pairs.get(at)
        if end is None or end > span.end:
            span.out.append("{")
            return
        inner = self._read(at + 1, end, math=span.math)
        span.at = end + 1
        # Prose also has sets and templates in braces; TeX's braces hold a command or a name.
        keep = not (span.math or self.drop_braces or self._is_tex_group(at, end))
        span.out.append(f"{{{inner}}}" if keep else inner)

    def _is_tex_group(self, at: int, end: int) -> bool:
        inner = self.text[at + 1 : end]
        if not inner or inner.startswith(("\\", "http")) or _PHRASE.fullmatch(inner):
            return True
        glued = self.text[at - 1 : at].isalnum() or self.text[end + 1 : end + 2].isalnum()
        if glued and inner in "=<>+-,.:|":  # `10{,}000`, `n{=}4`
            return True
        return inner.isalnum() and (glued or inner != inner.lower() or len(inner) == 1)

    def _script(self, span: Span, sign: str) -> None:
        inner = self._argument(span, math=True)
        if inner is None:
            span.out.append(sign)
            return
        soft = span.out.pop() if span.out and span.out[-1] == SOFT else ""
        text = settle_blanks(inner.strip())
        if not span.out and text and not span.math:
            span.out.append(sign + text)
            return
        shown = set_script(text, "sup" if sign == "^" else "sub")
        span.out.append(shown)
        if soft or shown.startswith(("_", "^")):
            span.out.append(SOFT)

    def _bare_script(self, span: Span, inner: str) -> None:
        known = symbol(inner) if len(inner) > 1 else None
        span.out.append(set_script(known or inner, "sup"))

    def _linked(self, span: Span, url: str) -> None:
        r"""`https://…{here}` was `\href{https://…}{here}` once."""
        label = (self._argument(span, math=False) or "") if self._has_group(span) else ""
        span.out.append(link_text(url, label))


def _is_tie(before: str, after: str, *, amount: bool) -> bool:
    """`Fig.~1` is a tie; `~10`, `5~10`, `1M~4M`, `/~user` and `a ~ b` are not.

    `amount`: the word before begins with a digit.
    """
    if not before or not after or before.isspace() or after.isspace():
        return False
    if after.isdigit() and (before.isdigit() or before == "%" or amount):
        return False
    return (before.isalnum() or before in ".,;:)]}%") and (after.isalnum() or after in "\\$([{")


def _dash(sign: str, before: str, after: str) -> str:
    if len(sign) > 3 or before in ("!", "<") or after == ">":
        return sign
    if len(sign) == 3:
        return "—"
    # `--flag` of a command line
    is_flag = (not before or before in " (`'\"") and after.isalpha()
    return sign if is_flag else "–"
