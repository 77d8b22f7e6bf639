"""What Unicode's CLDR knows of a language tag, through Babel."""

from __future__ import annotations

from functools import lru_cache

from babel.core import Locale, UnknownLocaleError, get_global, parse_locale

# English without a country is the world's: "Monday, 23 November 2026"; en-US has its own order.
_PLAIN_ENGLISH = "en_001"
_RIGHT_TO_LEFT = frozenset(("Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"))
# Where the digits of a numbering system begin in Unicode.
_ZEROS = {
    "arab": 0x660, "arabext": 0x6F0, "beng": 0x9E6, "deva": 0x966, "mymr": 0x1040, "tibt": 0xF20,
}  # fmt: skip
_LATIN = "0123456789"
#: A language of the other direction, to try templates in.
OTHER_WAY = {"ltr": "ar", "rtl": "en"}


@lru_cache(maxsize=64)
def find_locale(tag: str) -> tuple[Locale, bool]:
    """The locale for dates and numbers, and whether CLDR has one: else it is English."""
    language, *rest = tag.split("-")
    for name in (tag, language):
        try:
            if name.lower() != "en":
                return Locale.parse("-".join((language.lower(), *rest)), sep="-"), True
            return Locale.parse(_PLAIN_ENGLISH), True
        except (UnknownLocaleError, ValueError):
            rest = []
    return Locale.parse(_PLAIN_ENGLISH), False


def parts_of(tag: str) -> tuple[str, str, str]:
    """Language, script and territory of a tag, each "" where nothing is known of it.

    The script is the likely one where the tag names none: Hant for zh-TW, Hans for zh.
    """
    try:
        language, territory, script, *_ = parse_locale(tag, sep="-")
    except ValueError:
        return tag.split("-")[0].lower(), "", ""
    likely = get_global("likely_subtags")
    names = (f"{language}_{territory}", language) if territory else (language,)
    full = next((likely[name] for name in names if name in likely), "")
    return language, script or full.partition("_")[2].partition("_")[0], territory or ""


def fits(catalogue: str, tag: str) -> bool:
    """Whether readers of the language `tag` can be given the words of a catalogue's language.

    fr serves fr-CA, but fr-CA not fr; zh (which is zh-Hans) never serves zh-Hant or zh-TW.
    """
    language, script, territory = parts_of(catalogue)
    wanted = parts_of(tag)
    return (language, script) == wanted[:2] and territory in ("", wanted[2])


def direction_of(tag: str) -> str:
    """`rtl` for a language that is written from right to left, else `ltr`."""
    return "rtl" if parts_of(tag)[1] in _RIGHT_TO_LEFT else "ltr"


def digits_of(locale: Locale) -> dict[int, str]:
    """What stands for 0 to 9 where the locale writes others by default; for `str.translate`."""
    zero = _ZEROS.get(locale.default_numbering_system)
    return {ord(sign): chr(zero + int(sign)) for sign in _LATIN} if zero else {}
