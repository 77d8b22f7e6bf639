"""What TeX's command names stand for."""

from __future__ import annotations

from functools import lru_cache

#: Accents: the command, and the combining character that it puts on the next letter.
ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328",
    "d": "\u0323", "b": "\u0331", "r": "\u030a", "t": "\u0361",
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303",
    "bar": "\u0304", "overline": "\u0305", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308",
    "check": "\u030c", "breve": "\u0306", "acute": "\u0301", "grave": "\u0300",
    "mathring": "\u030a",
}  # fmt: skip
#: Control symbols: a backslash with one character that is no letter.
SIGNS = {
    "%": "%", "&": "&", "_": "_", "#": "#", "$": "$", "{": "{", "}": "}", " ": " ", "\n": " ",
    "\t": " ", "\\": " ", ",": " ", ";": " ", ":": " ", ">": " ", "!": "", "/": "", "-": "",
    "@": "", "|": "‖", "(": "(", ")": ")", "[": "[", "]": "]", "*": "", "+": "+", "<": "<",
}  # fmt: skip
#: Letters of Western alphabets and marks that open a quotation; the blank behind them only ends
#: the command's name.
LETTERS = {
    "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ss": "ß", "SS": "ẞ", "ae": "æ", "AE": "Æ",
    "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð",
    "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ",
    "textquotedblleft": "“", "textquoteleft": "‘", "guillemotleft": "«",
}  # fmt: skip
_FUNCTIONS = """arccos arcsin arctan arg argmax argmin cos cosh cot coth csc deg det dim exp gcd hom
inf ker lg lim liminf limsup ln log max min mod bmod Pr sec sin sinh sup tan tanh"""
#: Names set upright in formulas, with a little room around them.
FUNCTIONS = frozenset(_FUNCTIONS.split())
_SILENT = """it em bf tt sc rm sf sl bfseries mdseries itshape scshape slshape upshape ttfamily
rmfamily sffamily normalfont tiny scriptsize footnotesize small normalsize large Large LARGE huge
Huge displaystyle textstyle scriptstyle limits nolimits left right middle big Big bigg Bigg bigl
bigr Bigl Bigr biggl biggr Biggl Biggr noindent centering raggedright xspace allowbreak nobreak
protect relax leavevmode null hfill hfil vfill nonumber notag unskip ignorespaces boldmath
unboldmath maketitle footnotemark smallskip medskip bigskip newpage linebreak pagebreak
strut mathstrut textnormal cal bgroup egroup begingroup endgroup ensuremath"""
#: Switches and layout: nothing to read.
SILENT = frozenset(_SILENT.split())
#: Commands whose argument is for the typesetter: the count of arguments that go with them.
DROPPED = {
    "cite": 1, "citep": 1, "citet": 1, "citealp": 1, "citealt": 1, "citeauthor": 1, "citeyear": 1,
    "citeyearpar": 1, "Citet": 1, "Citep": 1, "nocite": 1, "parencite": 1, "textcite": 1,
    "autocite": 1, "footcite": 1, "onlinecite": 1, "label": 1, "ref": 1, "eqref": 1, "cref": 1,
    "Cref": 1, "autoref": 1, "pageref": 1, "nameref": 1, "index": 1, "vspace": 1, "hspace": 1,
    "phantom": 1, "hphantom": 1, "vphantom": 1, "color": 1, "includegraphics": 1, "rule": 2,
    "begin": 1, "end": 1, "fontsize": 2, "pagestyle": 1, "thispagestyle": 1, "setlength": 2,
    "bibliography": 1, "bibliographystyle": 1, "selectfont": 0, "definecolor": 3, "vskip": 0,
}  # fmt: skip
#: Commands with several arguments of which one is text: how many, and which (from 0).
CHOSEN = {
    "textcolor": (2, 1), "colorbox": (2, 1), "fcolorbox": (3, 2),
    "texorpdfstring": (2, 1), "scalebox": (2, 1), "resizebox": (3, 2), "raisebox": (2, 1),
    "parbox": (2, 1), "stackrel": (2, 1), "overset": (2, 1), "hyperlink": (2, 1),
    "hypertarget": (2, 1), "rotatebox": (2, 1), "adjustbox": (2, 1), "iftoggle": (3, 1),
    "foreignlanguage": (2, 1), "multicolumn": (3, 2), "mathchoice": (4, 0),
}  # fmt: skip
#: Where a person writes something else than the table of the library, or it has no entry.
WORDS = {
    "eg": "e.g.", "ie": "i.e.", "etal": "et al.", "etc": "etc.", "vs": "vs.", "wrt": "w.r.t.",
    "cf": "cf.", "aka": "a.k.a.", "Eg": "E.g.", "Ie": "I.e.", "LaTeX": "LaTeX", "TeX": "TeX",
    "BibTeX": "BibTeX", "XeTeX": "XeTeX", "par": " ", "newline": " ", "quad": " ", "qquad": " ",
    "space": " ", "thinspace": " ", "enspace": " ", "enskip": " ", "nobreakspace": " ",
    "linebreak": " ", "and": " and ", "sim": "~", "textasciitilde": "~", "textasciicircum": "^",
    "textbackslash": "\\", "backslash": "\\", "lbrace": "{", "rbrace": "}", "textbar": "|",
    "vert": "|", "lvert": "|", "rvert": "|", "mid": "|", "Vert": "‖", "lVert": "‖", "rVert": "‖",
    "colon": ":", "dots": "…", "ldots": "…", "cdots": "…", "dotsc": "…", "dotsb": "…",
    "textellipsis": "…", "lq": "‘", "rq": "’", "top": "⊤", "intercal": "⊺", "degree": "°",
    "textdegree": "°", "deg": "°", "epsilon": "ε", "varepsilon": "ε", "phi": "φ", "varphi": "φ",
    "theta": "θ", "vartheta": "θ", "ell": "ℓ", "prime": "′", "ast": "*", "star": "⋆",
    "setminus": "∖", "smallsetminus": "∖", "langle": "⟨", "rangle": "⟩", "lbrack": "[",
    "rbrack": "]", "textless": "<", "textgreater": ">", "lt": "<", "gt": ">", "S": "§", "P": "¶",
    "textmu": "µ", "item": " • ", "underscore": "_", "textunderscore": "_", "iff": "⇔",
    "implies": "⇒", "impliedby": "⇐", "land": "∧", "lor": "∨", "lnot": "¬", "eqqcolon": "=:",
    "coloneqq": ":=", "xrightarrow": "→", "xleftarrow": "←", "longrightarrow": "→",
    "Longrightarrow": "⇒", "longleftarrow": "←", "leadsto": "⇝", "rightsquigarrow": "⇝",
    "blacksquare": "■", "checkmark": "✓", "cmark": "✓", "xmark": "✗", "textendash": "–",
    "textemdash": "—", "infty": "∞", "emptyset": "∅", "varnothing": "∅", "today": "today",
    "bullet": "•", "textbullet": "•", "textquotesingle": "'", "textquotedbl": '"', "slash": "/",
    "ne": "≠", "neg": "¬", "owns": "∋", "gets": "←", "Re": "Re", "Im": "Im", "models": "⊨",
    "bot": "⊥", "triangle": "△", "Box": "□", "Diamond": "◇", "ddagger": "‡", "ddag": "‡",
    "copyright": "©", "sun": "☉", "Earth": "⊕", "earth": "⊕", "angstrom": "Å", "celsius": "°C",
    "upmu": "µ", "euro": "€", "pounds": "£", "permil": "‰", "textperthousand": "‰", "percent": "%",
    "id": "id", "Ident": "Ident", "hint": "hint", "b": "", "mod": "mod", "url": "",
}  # fmt: skip
#: Double-struck letters in the Basic Multilingual Plane; others would be boxes in many mails.
DOUBLE_STRUCK = dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True))


@lru_cache(maxsize=1)
def _library() -> dict[str, str]:
    """pylatexenc's table of commands without arguments; loaded when the first is met."""
    from pylatexenc.latex2text import get_default_latex_context_db

    known: dict[str, str] = {}
    for spec in get_default_latex_context_db().iter_macro_specs():
        shown = spec.simplify_repl
        if isinstance(shown, str) and shown and "%" not in shown and len(shown) < 4:
            known.setdefault(spec.macroname, shown)
    return known


def symbol(name: str) -> str | None:
    """The character that `\\name` prints, or None for a name that nobody knows."""
    for table in (WORDS, LETTERS):
        if name in table:
            return table[name]
    known = _library()
    return known.get(name) or (known.get(name[4:]) if name.startswith("text") else None)
