"""Commands of TeX: symbols, styles, fractions, roots, references, addresses."""

from __future__ import annotations

import re
import unicodedata
from abc import abstractmethod

from digest.sources.scripts import set_script
from digest.sources.tex_accents import AccentReader
from digest.sources.tex_links import link_text
from digest.sources.tex_span import SOFT, Span
from digest.sources.tex_symbols import (
    ACCENTS,
    CHOSEN,
    DOUBLE_STRUCK,
    DROPPED,
    FUNCTIONS,
    LETTERS,
    SIGNS,
    SILENT,
    symbol,
)

_NAME = re.compile(r"[A-Za-z]+")
_ATOM = re.compile(r"√?\w+")
_ORDINARY = re.compile(r"\s+(\w|\\([A-Za-z]+))")
_FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac", "textfrac"})
_STYLES = re.compile(r"(?:text|math)[a-z]{0,5}|emph|[mh]box|underline|uline|boldsymbol")
_UPRIGHT = re.compile(r"text|mbox|hbox|emph|operatorname")
_STARRED = frozenset({"operatorname", "cite", "citet", "citep", "vspace", "hspace", "href", "ref"})
_KEEPS_BLANK = frozenset({"xspace", "null", "footnotemark", "nobreak", "allowbreak"})
# mhchem: a number behind a letter counts atoms.
_FORMULA_COUNT = re.compile(r"(?<=[A-Za-z)\]])\d{1,3}")
_FUNCTION_WORDS = {"argmax": "arg max", "argmin": "arg min", "bmod": "mod", "deg": "deg"}


class CommandReader(AccentReader):
    """Reads what follows a backslash."""

    @abstractmethod
    def _formula(self, start: int, end: int) -> str:
        """The formula between two places."""

    def _command(self, span: Span) -> None:
        found = _NAME.match(self.text, span.at, span.end)
        if found:
            span.at = found.end()
            self._word_command(span, found[0])
            return
        sign = self.text[span.at : span.at + 1] if span.at < span.end else ""
        span.at += len(sign)
        if sign in ("(", "["):
            close = self.text.find("\\)" if sign == "(" else "\\]", span.at, span.at + 2000)
            if span.at <= close < span.end and not span.math:
                span.out.append(self._formula(span.at, close))
                span.at = close + 2
                return
        if sign in ACCENTS and not (span.math and sign in "=.~"):
            self._accent(span, sign)
            return
        if sign == "\\":
            self._optional(span)
        span.out.append(SIGNS.get(sign, sign))

    def _word_command(self, span: Span, name: str) -> None:
        if self.text.startswith("*", span.at) and span.at < span.end and name in _STARRED:
            span.at += 1
        if name in ACCENTS and self._has_accent_target(span, name):
            self._accent(span, name)
        elif name in LETTERS and not (span.math and name in ("i", "j", "th")):
            self._eat_blank(span)
            self._eat_empty_group(span)
            span.out.append(LETTERS[name])
        elif name in SILENT:
            self._silent(span, name)
        elif name in DROPPED:
            self._drop(span, DROPPED[name])
        elif name in CHOSEN:
            self._choose(span, *CHOSEN[name])
        elif name in FUNCTIONS and (span.math or name not in ("deg", "arg", "mod")):
            span.out += [SOFT, _FUNCTION_WORDS.get(name, name), SOFT]
            if span.math:
                self._eat_blank(span)
            self._eat_empty_group(span)
        else:
            self._rare_command(span, name)

    def _rare_command(self, span: Span, name: str) -> None:
        if name in _FRACTIONS:
            over, under = self._argument(span, math=True), self._argument(span, math=True)
            span.out += [SOFT, f"{_grouped(over or '')}/{_grouped(under or '')}", SOFT]
        elif name == "sqrt":
            self._root(span)
        elif name == "binom":
            over, under = self._argument(span, math=True), self._argument(span, math=True)
            span.out += [SOFT, f"C({over or ''}, {under or ''})"]
        elif name == "pmod":
            span.out.append(f" (mod {self._argument(span, math=True) or ''})")
        elif name == "url" or name == "path":
            span.out.append(self._address(span))
        elif name == "href":
            self._link(span)
        elif name == "ce":
            inner = self._argument(span, math=False) or ""
            span.out.append(_FORMULA_COUNT.sub(lambda n: set_script(n[0], "sub"), inner))
        elif name in ("mathbb", "mathds", "Bbb"):
            inner = self._argument(span, math=True) or ""
            span.out.append("".join(DOUBLE_STRUCK.get(char, char) for char in inner))
        elif name in ("textsuperscript", "textsubscript"):
            inner = self._argument(span, math=False) or ""
            span.out.append(set_script(inner, "sup" if name == "textsuperscript" else "sub"))
        elif name in ("footnote", "thanks"):
            self._optional(span)
            inner = (self._argument(span, math=False) or "").strip()
            span.out.append(f" ({inner})" if inner else "")
        elif name == "underset":
            below, base = self._argument(span, math=True), self._argument(span, math=True)
            span.out += [SOFT, (base or "") + set_script(below or "", "sub"), SOFT]
        elif name == "not":
            base = self._argument(span, math=True) or ""
            span.out.append(unicodedata.normalize("NFC", base + "\u0338") if base else "")
        else:
            self._symbol_or_name(span, name)

    def _symbol_or_name(self, span: Span, name: str) -> None:
        shown = symbol(name)
        if shown is not None and not self._has_group(span):
            self._show_symbol(span, shown)
            return
        if self._has_group(span):
            inner = [self._argument(span, math=span.math and not _UPRIGHT.match(name)) or ""]
            while self._has_group(span) and span.at < span.end:
                inner.append(self._argument(span, math=span.math) or "")
            text = " ".join(part for part in inner if part)
            named = shown if shown is not None else name
            span.out.append(text or named)
            if name.startswith("operatorname"):
                span.out.insert(-1, SOFT)
                span.out.append(SOFT)
            return
        if self.text.startswith("{", span.at) and span.at < span.end:  # never closed: cut text
            span.at += 1
            if _STYLES.fullmatch(name):
                return
        elif span.math and _STYLES.fullmatch(name):  # `\mathcal P`
            span.out.append(self._argument(span, math=True) or "")
            return
        # `\nOur` and a lone `\n` are line breaks that some program escaped twice.
        if name == "n" or (name[0] == "n" and name[1:2].isupper() and name[2:].islower()):
            span.out.append(" " + name[1:])
            return
        span.out.append(name if not span.math else SOFT + name + SOFT)

    def _show_symbol(self, span: Span, shown: str) -> None:
        if shown.endswith(".") and self.text.startswith(".", span.at):
            span.at += 1
        if not span.math:
            self._eat_empty_group(span)
            span.out.append(shown)
            return
        spaced = span.last() == " "
        if _is_relation(shown):
            self._eat_blank(span)
            span.out.append(f"{shown} " if spaced else shown)
            return
        span.out.append(shown)
        if self._next_is_ordinary(span):
            self._eat_blank(span)

    def _next_is_ordinary(self, span: Span) -> bool:
        found = _ORDINARY.match(self.text, span.at, span.end)
        if not found:
            return False
        if not found[2]:
            return True
        following = symbol(found[2])
        return following is not None and len(following) == 1 and following.isalpha()

    def _silent(self, span: Span, name: str) -> None:
        if name in ("left", "right", "middle") and self.text.startswith(".", span.at):
            span.at += 1
        if span.math or name not in _KEEPS_BLANK:
            self._eat_blank(span)

    def _drop(self, span: Span, count: int) -> None:
        while self._optional(span):
            pass
        for _ in range(count):
            if self._has_group(span):
                self._argument(span, math=True)
        following = self.text[span.at : span.at + 1]
        if span.out and (not following or following in " ,.;:)!?\n"):
            span.out[-1] = span.out[-1].rstrip(" \n")

    def _choose(self, span: Span, count: int, which: int) -> None:
        self._optional(span)
        found: list[str] = []
        while len(found) < count and self._has_group(span):
            found.append(self._argument(span, math=span.math) or "")
        span.out.append(found[which] if len(found) > which else " ".join(found))

    def _root(self, span: Span) -> None:
        index = self._optional(span)
        inner = (self._argument(span, math=True) or "").strip()
        sign = {"3": "∛", "4": "∜"}.get(index or "")
        root = sign or (set_script(index, "sup") if index else "") + "√"
        simple = len(inner) == 1 or inner.isdigit()
        span.out.append(root + (inner if simple else f"({inner})"))

    def _address(self, span: Span) -> str:
        if not self._has_group(span):
            return ""
        begin = span.at
        span.at = self.pairs[begin] + 1
        raw = self.text[begin + 1 : span.at - 1]
        return re.sub(r"\\([_%#&~$])", r"\1", raw)

    def _link(self, span: Span) -> None:
        begin = span.at
        url = self._address(span).strip()
        self._eat_blank(span)
        if self._has_group(span):
            label = self._argument(span, math=False) or ""
            span.out.append(link_text(url, label) if url.startswith("http") else label)
        elif begin < span.at:  # the second pair of braces is lost, or stands within the first
            span.out.append(self._read(begin + 1, begin + len(url) + 1, math=False))


def _is_relation(shown: str) -> bool:
    return len(shown) == 1 and (shown in "~|·:=<>" or unicodedata.category(shown) in ("Sm", "So"))


def _grouped(text: str) -> str:
    text = text.strip()
    plain = text.replace(".", "").replace(SOFT, "")
    return text if plain.isalnum() or len(text) <= 1 or _ATOM.fullmatch(plain) else f"({text})"
