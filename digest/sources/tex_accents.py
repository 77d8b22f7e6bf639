"""Accents of TeX: `\\'e`, `\\H{o}`, `\\hat x`."""

from __future__ import annotations

import unicodedata

from digest.sources.tex_span import Span, SpanReader
from digest.sources.tex_symbols import ACCENTS


class AccentReader(SpanReader):
    """Puts an accent on the letter that follows."""

    def _has_accent_target(self, span: Span, name: str) -> bool:
        if len(name) > 1 and not name.isascii():
            return False
        rest = self.text[span.at : min(span.at + 3, span.end)].lstrip()
        return (
            bool(rest)
            and (rest[0] in "{\\" or rest[0].isalpha())
            and self.text[span.at : span.at + 1] in ("{", " ", "\\")
        )

    def _accent(self, span: Span, name: str) -> None:
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
