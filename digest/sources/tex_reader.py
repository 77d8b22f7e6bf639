"""A forgiving reader of TeX: one pass, by recursive descent over pairs of braces."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from digest.sources.scripts import set_script
from digest.sources.tex_dollars import find_formula_end
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

_DEPTH = 40
#: A blank that shows only between two things that would otherwise run together. It is private
#: use, which the text door has dropped before, so no input holds it.
SOFT = "\ue000"
_SOFT_SHOWS = re.compile(rf"(?<=[\w\])])[{SOFT}]+(?=[\w\[√∑∏∫])")
_URL = r"https?://[^\s{}\\$<>\"'`^|]+"
# Hugging Face loses backslashes: `textbf{...}` is a command that has lost its own.
_BARE = (
    r"(?<![A-Za-z\\])(?:text(?:bf|it|tt|sc|rm|sf|sl)?|math(?:cal|bb|bf|rm|it|sf|frak)|emph|href|sqrt"
    r"|frac|footnote)(?=\{)"
)
_TEXT_STOP = re.compile(rf"{_URL}|[\\${{}}~`]|''|-{{2,}}|[_^](?={{)|{_BARE}")
_MATH_STOP = re.compile(r"[\\${}~^_'\s]")
_UNREAD = re.compile(r"\\(?:[A-Za-z]+\s?)?|[{}$]")
_NAME = re.compile(r"[A-Za-z]+")
_QUOTED = re.compile(r"`([^`'\n]{1,200})'(?!\w)")
_ESCAPED_QUOTES = re.compile(r'(?<![\w\\])\\"(?=[\w\\({])([^"\\]{1,200}?)\\"(?!\w)')
_FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac", "textfrac"})
_STYLES = re.compile(r"(?:text|math)[a-z]{0,5}|emph|[mh]box|underline|uline|boldsymbol")
_UPRIGHT = re.compile(r"text|mbox|hbox|emph|operatorname")


def match_braces(text: str) -> dict[int, int]:
    """Where each `{` ends, for pairs that match; `\\{` is a character."""
    pairs: dict[int, int] = {}
    stack: list[int] = []
    for found in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if found[0] == "{":
            stack.append(found.start())
        elif found[0] == "}" and stack:
            pairs[stack.pop()] = found.start()
    return pairs


@dataclass(slots=True)
class _Span:
    """The part that is being read: `at` moves to `end`; `out` is what was read."""

    at: int
    end: int
    math: bool
    out: list[str]

    def last(self) -> str:
        return self.out[-1][-1:] if self.out else ""


class TexReader:
    """Reads one text. `braces`: drop every pair of braces."""

    def __init__(self, text: str, *, braces: bool = False) -> None:
        # Programs that print JSON twice leave \"word\" behind: quotes, not an umlaut.
        self.text = _ESCAPED_QUOTES.sub(r"“\1”", text)
        self.pairs = match_braces(self.text)
        self.drop_braces = braces
        self.quoted = False
        self.depth = 0

    def read(self) -> str:
        shown = self._read(0, len(self.text), math=False)
        return _SOFT_SHOWS.sub(" ", shown).replace(SOFT, "")

    def _read(self, start: int, end: int, *, math: bool) -> str:
        if self.depth >= _DEPTH:
            return _UNREAD.sub("", self.text[start:end])  # nobody nests so deep in earnest
        self.depth += 1
        span = _Span(start, end, math, [])
        stop = _MATH_STOP if math else _TEXT_STOP
        while span.at < end:
            found = stop.search(self.text, span.at, end)
            if not found:
                span.out.append(self.text[span.at : end])
                break
            if found.start() > span.at:
                span.out.append(self.text[span.at : found.start()])
            span.at = found.end()
            self._step(span, found[0], found.start())
        self.depth -= 1
        return "".join(part for part in span.out if part)

    def _step(self, span: _Span, sign: str, at: int) -> None:
        if sign == "\\":
            self._command(span)
        elif sign == "{":
            self._group(span, at)
        elif sign in ("^", "_"):
            self._script(span, sign)
        elif sign == "$":
            self._dollar(span, at)
        elif sign.isalpha():
            self._word_command(span, sign)
        elif span.math:
            span.out.append({"'": "′", "~": " ", "}": "}"}.get(sign, " "))
        else:
            span.out.append(self._plain_sign(span, sign, at))

    # -- prose ---------------------------------------------------------------------------------

    def _plain_sign(self, span: _Span, sign: str, at: int) -> str:
        before = self.text[at - 1 : at]
        after = self.text[span.at : span.at + 1]
        if sign == "~":
            return " " if _is_tie(before, after) else "~"
        if sign == "`":
            return self._open_quote(span, at)
        if sign == "''":
            return "”" if self.quoted else sign
        if sign[0] == "-":
            return _dash(sign, before, after)
        return sign

    def _open_quote(self, span: _Span, at: int) -> str:
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

    def _dollar(self, span: _Span, at: int) -> None:
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
        return self._read(start, end, math=True).strip()

    def _group(self, span: _Span, at: int) -> None:
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
        if not inner or inner.startswith("\\"):
            return True
        glued = self.text[at - 1 : at].isalnum() or self.text[end + 1 : end + 2].isalnum()
        return inner.isalnum() and (glued or inner != inner.lower() or len(inner) == 1)

    # -- scripts -------------------------------------------------------------------------------

    def _script(self, span: _Span, sign: str) -> None:
        inner = self._argument(span, math=True)
        if inner is None:
            span.out.append(sign)
            return
        soft = span.out.pop() if span.out and span.out[-1] == SOFT else ""
        text = _SOFT_SHOWS.sub(" ", inner.strip()).replace(SOFT, "")
        if not span.out and text and not span.math:
            span.out.append(sign + text)
            return
        shown = set_script(text, "sup" if sign == "^" else "sub")
        span.out.append(shown)
        if soft or shown.startswith(("_", "^")):
            span.out.append(SOFT)

    # -- commands ------------------------------------------------------------------------------

    def _command(self, span: _Span) -> None:
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

    def _word_command(self, span: _Span, name: str) -> None:
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

    def _rare_command(self, span: _Span, name: str) -> None:
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
            self._address(span)
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

    def _symbol_or_name(self, span: _Span, name: str) -> None:
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
        # `\nOur` and a lone `\n` are line breaks that some program escaped twice.
        if name == "n" or (name[0] == "n" and name[1:2].isupper() and name[2:].islower()):
            span.out.append(" " + name[1:])
            return
        span.out.append(name if not span.math else SOFT + name + SOFT)

    def _show_symbol(self, span: _Span, shown: str) -> None:
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

    def _next_is_ordinary(self, span: _Span) -> bool:
        found = re.compile(r"\s+(\w|\\([A-Za-z]+))").match(self.text, span.at, span.end)
        if not found:
            return False
        if not found[2]:
            return True
        following = symbol(found[2])
        return following is not None and len(following) == 1 and following.isalpha()

    def _silent(self, span: _Span, name: str) -> None:
        if name in ("left", "right", "middle") and self.text.startswith(".", span.at):
            span.at += 1
        if span.math or name not in _KEEPS_BLANK:
            self._eat_blank(span)

    def _drop(self, span: _Span, count: int) -> None:
        while self._optional(span):
            pass
        for _ in range(count):
            if self._has_group(span):
                self._argument(span, math=True)
        following = self.text[span.at : span.at + 1]
        if span.out and (not following or following in " ,.;:)!?\n"):
            span.out[-1] = span.out[-1].rstrip(" \n")

    def _choose(self, span: _Span, count: int, which: int) -> None:
        self._optional(span)
        found: list[str] = []
        while len(found) < count and self._has_group(span):
            if len(found) != which and which == count - 1:
                found.append("")
                span.at = self.pairs[span.at + self._blanks(span)] + 1
            else:
                found.append(self._argument(span, math=span.math) or "")
        span.out.append(found[which] if len(found) > which else " ".join(found))

    def _root(self, span: _Span) -> None:
        index = self._optional(span)
        inner = (self._argument(span, math=True) or "").strip()
        sign = {"3": "∛", "4": "∜"}.get(index or "")
        root = sign or (set_script(index, "sup") if index else "") + "√"
        simple = len(inner) == 1 or inner.isdigit()
        span.out.append(root + (inner if simple else f"({inner})"))

    def _address(self, span: _Span) -> None:
        if not self._has_group(span):
            return
        begin = span.at + self._blanks(span)
        span.at = self.pairs[begin] + 1
        raw = self.text[begin + 1 : span.at - 1]
        span.out.append(re.sub(r"\\([_%#&~$])", r"\1", raw))

    def _has_accent_target(self, span: _Span, name: str) -> bool:
        if len(name) > 1 and not name.isascii():
            return False
        rest = self.text[span.at : min(span.at + 3, span.end)].lstrip()
        return (
            bool(rest)
            and (rest[0] in "{\\" or rest[0].isalpha())
            and self.text[span.at : span.at + 1] in ("{", " ", "\\")
        )

    def _accent(self, span: _Span, name: str) -> None:
        before = span.at
        base = self._argument(span, math=span.math)
        if base is None or not base.strip():
            # Not an accent after all: `\"` at the end, or `\^{}`, which prints the sign itself.
            span.at = max(span.at, before)
            span.out.append(name if not name.isalpha() and name not in "=." else "")
            return
        base = base.strip()
        letter = {"ı": "i", "ȷ": "j"}.get(base[0], base[0])
        if len(name) > 1 and len(base) > 1:
            span.out.append(base)
            return
        if not letter.isalpha():
            span.out.append((name if not name.isalpha() else "") + base)
            return
        span.out.append(unicodedata.normalize("NFC", letter + ACCENTS[name]) + base[1:])

    # -- arguments -----------------------------------------------------------------------------

    def _blanks(self, span: _Span) -> int:
        """How many blanks stand before the next argument."""
        count = 0
        while span.at + count < span.end and self.text[span.at + count] in " \n\t":
            count += 1
        return count

    def _has_group(self, span: _Span) -> bool:
        end = self.pairs.get(span.at)
        return end is not None and end <= span.end and span.at < span.end

    def _argument(self, span: _Span, *, math: bool) -> str | None:
        """Read one argument: a group, a command, or one character; None at the end."""
        span.at += self._blanks(span)
        if span.at >= span.end:
            return None
        char = self.text[span.at]
        if self._has_group(span):
            end = self.pairs[span.at]
            inner = self._read(span.at + 1, end, math=math)
            span.at = end + 1
            return inner
        span.at += 1
        if char == "\\":
            if self.depth >= _DEPTH:
                return None
            inside = _Span(span.at, span.end, math, [])
            self.depth += 1
            self._command(inside)
            self.depth -= 1
            span.at = inside.at
            return "".join(inside.out)
        if char in "${}":
            span.at -= 1
            return None
        return char

    def _optional(self, span: _Span) -> str | None:
        """Read `[…]` when it follows at once."""
        if not self.text.startswith("[", span.at) or span.at >= span.end:
            return None
        close = self.text.find("]", span.at, min(span.end, span.at + 300))
        if close < 0:
            return None
        inner = self.text[span.at + 1 : close]
        span.at = close + 1
        return inner or " "

    def _eat_blank(self, span: _Span) -> None:
        span.at += self._blanks(span)

    def _eat_empty_group(self, span: _Span) -> None:
        if self.text.startswith("{}", span.at):
            span.at += 2


_STARRED = frozenset({"operatorname", "cite", "citet", "citep", "vspace", "hspace", "href", "ref"})
_KEEPS_BLANK = frozenset({"xspace", "null", "footnotemark", "nobreak", "allowbreak"})
_FUNCTION_WORDS = {"argmax": "arg max", "argmin": "arg min", "bmod": "mod", "deg": "deg"}


def _is_tie(before: str, after: str) -> bool:
    """`Fig.~1` is a tie; `~10`, `5~10`, `/~user` and `a ~ b` are not."""
    if not before or not after or before.isspace() or after.isspace():
        return False
    if before.isdigit() and after.isdigit():
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


def _is_relation(shown: str) -> bool:
    return len(shown) == 1 and (shown in "~|·:=<>" or unicodedata.category(shown) in ("Sm", "So"))


def _grouped(text: str) -> str:
    text = text.strip()
    plain = text.replace(".", "").replace(SOFT, "")
    return text if plain.isalnum() or len(text) <= 1 else f"({text})"
