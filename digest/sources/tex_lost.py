r"""What programs lost or doubled of TeX, put back before it is read.

Hugging Face drops backslashes and dollars (`2.3times`, `tau^2`, `\500` for `\$500`), programs
that print JSON twice leave `\"word\"` behind, and people open a quotation one way and close it
another. Only what no prose holds by itself is put back: `sim-to-real`, `ten times` and a bare
`alpha` stay.
"""

from __future__ import annotations

import re

_GREEK = (
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau"
    "|upsilon|phi|chi|psi|omega|ell|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega"
)
# Names that are no words of any prose.
_NAMES = (
    "mathcal", "mathbb", "boldsymbol", "leftrightarrow", "rightarrow", "leftarrow", "uparrow",
    "downarrow", "circlearrowright", "leq", "geq", "neq", "subsetneq", "subseteq", "infty",
    "propto", "varepsilon", "cdot", "cdots", "ldots", "odot", "oplus", "otimes", "widetilde",
)  # fmt: skip
# Those that may be the only TeX in a text; each costs a search of every text.
_ALONE = ("rightarrow", "infty", "leq", "geq", "neq")
# A lookbehind stands after the first sign, where that is fixed, for speed.
_NAME = re.compile(rf"(?<![\\A-Za-z./-])(?:{'|'.join(_NAMES)})(?![A-Za-z]|[./]\w)")
_TIMES = re.compile(r"times(?:(?<=[\d}]times)|(?<=circtimes))(?![a-z/])")  # `10times faster`
_SIM = re.compile(r"sim(?<![\w/-]sim)(?!\ ?2[a-z-]) ?(?=\d)")  # `sim50K`, but `sim2real`
_GREEK_NAME = re.compile(
    rf"(?<![\\\w./-])(?:({_GREEK})(?=\^|_\{{)|({_GREEK})_(\d\.\d|\w{{1,2}})(?!\w|\.\d))"
)
_IN_BRACES = re.compile(r"\{(?:(?:sim|times|approx|cdot)(?=\})|(?:bf|it|em|tt|sc|rm)(?= ))")
_RAISED = re.compile(r"\^\{(?=(?:ast|star|top|circ|prime|dagger|infty)\})")
_PRODUCT = re.compile(r"([\^_]\{\w+) times (\w+\})")
# `V_1`, `π_0`: one letter with a number, which no name in code is.
_INDEX = re.compile(r"(?<![\w\\$./@])([^\W\d_])_(\d{1,2})(?!\w|\.\d)")
_SIGNED = re.compile(r"(?<=\{)pm (?=\w)|(?<=\w, )pm (?=\w\})")  # `{pm 1, pm i}`
_BEFORE_BRACE = re.compile(
    r"(?<![A-Za-z\\])(?=[a-z]+\{)(?:text(?:bf|it|tt|sc|rm|sf|sl)?|math(?:cal|bb|bf|rm|it|sf|frak)"
    r"|emph|href|sqrt|frac|footnote|black|blue|brown|cyan|gray|green|magenta|orange|purple|red"
    r"|teal|violet)(?=\{)"
)
_OPENED = re.compile(r"left(?<![a-z\\]left)(?=[|(\[])")
_CLOSED = re.compile(r"right(?<![A-Za-z\\]right)(?=[|)\]])")
_LOST_DOLLAR = re.compile(r"\\(?<![^\s(~<>≥≤≈]\\)(?=\d)(?!\\\d\))")  # `\500`, not an item `\3)`
_ARROW = re.compile(r"--+>")
_ESCAPED_QUOTES = re.compile(r'\\"(?<![\w\\{]\\")(?=[\w\\({])([^"\\]{1,200}?)\\"(?![\w{])')
_HALF_QUOTED = re.compile(r"``((?:(?!'')[^`\"\n]){1,300})\"(?!\w)")
_SINGLES = re.compile(r"''(?<![\w'`]'')(?=[\w(\\$])((?:(?!''|``)[^\n]){1,300}?)''(?![\w'])")
_OTHER_HALF = re.compile(r"\"(?<!\w\")(?=\w)((?:(?!``)[^\"\n]){1,300}?)''(?!\w)")
_MATRIX = re.compile(
    r"\\begin\{([bBpvV]?matrix|smallmatrix|array)\}(?:\{[lcr| ]*\})?(.{0,1000}?)\\end\{\1\}",
    re.DOTALL,
)
_DOUBLED = re.compile(
    rf"\\\\(?=(?:{_GREEK}|times|approx|text[a-z]{{2}}|math[a-z]{{2,4}}|emph|frac|sqrt|cite)\b)"
)


def has_lost_tex(text: str) -> bool:
    """Whether a text that shows no sign of TeX has some nevertheless."""
    return (
        ("times" in text and _TIMES.search(text) is not None)
        or ("sim" in text and _SIM.search(text) is not None)
        or ("_" in text and (_INDEX.search(text) or _GREEK_NAME.search(text)) is not None)
        or any(name in text for name in _ALONE)
    )


def restore_tex(text: str) -> str:
    """The text with backslashes, dollars and quotation marks where its author had them."""
    if "\\" in text:
        text = _LOST_DOLLAR.sub(r"\\$", _ESCAPED_QUOTES.sub(r"“\1”", text))
        if "\\\\" in text:
            text = _MATRIX.sub(_row_by_row, _DOUBLED.sub(r"\\", text))
    if "''" in text:
        text = _OTHER_HALF.sub(r'"\1"', _SINGLES.sub(r"“\1”", text))
    if "``" in text:
        text = _HALF_QUOTED.sub(r"“\1”", text)
    if "-->" in text and "<!--" not in text:
        text = _ARROW.sub("→", text)
    return _restore_names(text)


def _restore_names(text: str) -> str:
    if "{" in text:
        text = _IN_BRACES.sub(lambda found: f"{{\\{found[0][1:]}", text)
        text = _PRODUCT.sub(r"\1 × \2", text)
        text = _RAISED.sub(r"^{\\", text)
        text = _BEFORE_BRACE.sub(_with_backslash, _SIGNED.sub("±", text) if "pm " in text else text)
    if "times" in text:
        text = _TIMES.sub(_with_backslash, text)
    if "sim" in text:
        text = _SIM.sub("~", text)
    if "^" in text or "_" in text:
        text = _INDEX.sub(r"\1_{\2}", _GREEK_NAME.sub(_greek, text))
    text = _NAME.sub(_with_backslash, text)
    if _OPENED.search(text) and _CLOSED.search(text):
        text = _CLOSED.sub(_with_backslash, _OPENED.sub(_with_backslash, text))
    return text


def _with_backslash(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


def _greek(found: re.Match[str]) -> str:
    return f"\\{found[1]}" if found[1] else f"\\{found[2]}_{{{found[3]}}}"


def _row_by_row(found: re.Match[str]) -> str:
    rows = found[2].replace("&", " ").split("\\\\")
    return f"({'; '.join(' '.join(row.split()) for row in rows if row.strip())})"
