"""Which provider a mistyped mail domain was meant to be.

Only slips of the finger are looked for (one letter more, less, other or swapped), and only near
providers that many people have, so that a small domain of its own is left in peace. The list of
providers follows mailcheck's "List of Popular Domains". What is near a provider and yet a mail
domain of its own stands in `_REAL`.
"""

from __future__ import annotations

from functools import lru_cache

#: Providers whose misspellings are common; the ones with most people first.
_PROVIDERS = (
    "gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com", "live.com",
    "googlemail.com", "protonmail.com", "yahoo.co.uk", "hotmail.co.uk", "yahoo.fr", "hotmail.fr",
    "yahoo.de", "hotmail.de", "hotmail.it", "hotmail.es", "yahoo.es", "yahoo.it", "yahoo.co.in",
    "yahoo.com.br", "hotmail.com.br", "outlook.de", "outlook.fr", "outlook.es", "outlook.it",
    "comcast.net", "verizon.net", "sbcglobal.net", "bellsouth.net", "btinternet.com",
    "rocketmail.com", "fastmail.com", "laposte.net", "wanadoo.fr", "orange.fr", "t-online.de",
    "web.de", "gmx.de", "gmx.net", "libero.it", "yandex.ru", "mail.ru", "rambler.ru", "163.com",
    "naver.com",
)  # fmt: skip
#: Names that are no words, so that what is near them is hardly anybody else's.
_PECULIAR = frozenset(
    [
        "gmail", "yahoo", "hotmail", "outlook", "icloud", "googlemail", "protonmail", "comcast",
        "sbcglobal", "bellsouth", "btinternet", "rocketmail", "fastmail", "laposte", "wanadoo",
        "t-online", "yandex",
    ]
)  # fmt: skip
#: Mail domains that exist and lie a letter or two beside a provider.
_REAL = frozenset(
    [
        "mail.com", "email.com", "ymail.com", "gmx.com", "gmx.at", "gmx.ch", "gmx.fr", "gmx.us",
        "me.com", "mac.com", "msn.com", "att.net", "cox.net", "live.ca", "live.cn", "live.de",
        "live.fr", "live.it", "live.nl", "live.co.uk", "live.com.au", "live.com.mx", "live.se",
        "aol.co.uk", "aol.de", "aol.fr", "aol.in", "aim.com", "126.com", "139.com", "188.com",
        "yeah.net", "hey.com", "pm.me", "proton.me", "ya.ru", "list.ru", "bk.ru", "inbox.ru",
        "inbox.com", "inbox.lv", "qq.com", "sina.com", "sina.cn", "sohu.com", "web.com", "wow.com",
        "zoho.com", "zoho.eu", "yahoo.ca", "yahoo.cn", "yahoo.co.jp", "yahoo.co.kr", "yahoo.co.id",
        "yahoo.co.nz", "yahoo.co.th", "yahoo.co.za", "yahoo.com.ar", "yahoo.com.au", "yahoo.com.cn",
        "yahoo.com.hk", "yahoo.com.mx", "yahoo.com.my", "yahoo.com.ph", "yahoo.com.sg",
        "yahoo.com.tr", "yahoo.com.tw", "yahoo.com.vn", "yahoo.dk", "yahoo.gr", "yahoo.ie",
        "yahoo.in", "yahoo.nl", "yahoo.no", "yahoo.pl", "yahoo.ro", "yahoo.se", "hotmail.be",
        "hotmail.ca", "hotmail.ch", "hotmail.cl", "hotmail.co.id", "hotmail.co.il",
        "hotmail.co.jp", "hotmail.co.nz", "hotmail.co.th", "hotmail.co.za", "hotmail.com.ar",
        "hotmail.com.au", "hotmail.com.mx", "hotmail.com.tr", "hotmail.dk", "hotmail.fi",
        "hotmail.gr", "hotmail.nl", "hotmail.no", "hotmail.ro", "hotmail.se", "outlook.at",
        "outlook.be", "outlook.cl", "outlook.co.id", "outlook.co.th", "outlook.com.ar",
        "outlook.com.au", "outlook.com.br", "outlook.com.tr", "outlook.cz", "outlook.dk",
        "outlook.hu", "outlook.ie", "outlook.in", "outlook.jp", "outlook.kr", "outlook.lv",
        "outlook.my", "outlook.ph", "outlook.pt", "outlook.sa", "outlook.sg", "outlook.sk",
        "fastmail.fm", "fastmail.net", "fastmail.org", "yandex.com", "yandex.by", "yandex.kz",
        "yandex.ua", "mail.de", "mail.bg", "mail.ee", "free.fr", "sfr.fr", "neuf.fr", "oranje.nl",
        "orange.net", "orange.es", "orange.pl", "daum.net", "nate.com", "hanmail.net",
        "googlemail.co.uk", "protonmail.ch", "libero.com", "liberto.it", "tutanota.de",
        "freenet.de", "arcor.de", "vodafone.de", "rediffmail.com", "hushmail.com", "lavabit.com",
        "163.net", "263.com", "263.net", "361.com", "163.cn", "naver.jp", "nave.com", "never.com",
        "wahoo.com", "libera.it",
    ]
)  # fmt: skip
#: Endings that are typed for .com, .net, .de and are no country's or are hardly mailed from.
_SLIPS = {
    "con": "com", "comm": "com", "ocm": "com", "cmo": "com", "vom": "com", "xom": "com",
    "cpm": "com", "clm": "com", "coom": "com", "comn": "com", "cim": "com", "kom": "com",
    "co": "com", "cm": "com", "om": "com", "conm": "com", "cok": "com", "coml": "com",
    "met": "net", "ner": "net", "nett": "net", "nte": "net", "ney": "net", "ent": "net",
    "dee": "de", "deu": "de", "ed": "de", "frr": "fr", "rf": "fr",
}  # fmt: skip


@lru_cache(maxsize=8192)
def likely_domain(domain: str) -> str | None:
    """The provider that `domain` (lower case) is a slip of, or None; never a changed meaning of a
    mail domain that exists. A warning's matter only: nothing may be corrected by it.
    """
    if domain in _PROVIDERS or domain in _REAL:
        return None
    name, _, ending = domain.rpartition(".")
    mended = f"{name}.{_SLIPS[ending]}" if ending in _SLIPS else domain
    if mended in _PROVIDERS:
        return mended
    if mended in _REAL:
        return mended if ending not in ("co", "cm", "om") else None
    return next((p for p in _PROVIDERS if _is_slip(mended, p)), None)


def _is_slip(typed: str, meant: str) -> bool:
    """Whether `typed` is `meant` but for one letter more, less, other or two swapped.

    The name in front of the first dot must hold the slip.
    """
    name, _, ending = typed.partition(".")
    known, _, known_ending = meant.partition(".")
    if ending != known_ending or known not in _PECULIAR:
        return False
    return _one_apart(name, known)


def _one_apart(a: str, b: str) -> bool:
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    if len(a) == len(b):
        different = [n for n in range(len(a)) if a[n] != b[n]]
        if len(different) == 2:
            first, second = different
            return second == first + 1 and a[first] == b[second] and a[second] == b[first]
        return len(different) == 1
    short, long = sorted((a, b), key=len)
    return any(long[:n] + long[n + 1 :] == short for n in range(len(long)))
