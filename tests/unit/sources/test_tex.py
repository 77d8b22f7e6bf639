# ruff: noqa: E501, RUF005
"""TeX reads as the author meant it; prose with odd signs stays prose."""

import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.tex import tex_to_text
from digest.sources.text import clean_text, clean_title

HARD = Path(__file__).parents[2] / "data" / "labelled" / "hard_titles.jsonl"
SAMPLE = Path(__file__).parents[2] / "data" / "labelled" / "tex_sample.jsonl"

PROSE = [
    (r"Andr\'e, Erd\H{o}s, \"{u}ber, G\"odel", "André, Erdős, über, Gödel"),
    (r"S\o ren, \v{C}ech, \c{c}, na\"{\i}ve, {\L}ukasz, \AA rhus", "Søren, Čech, ç, naïve, Łukasz, Århus"),
    (r"\emph{a} \textbf{b} {\it c} {\em d}", "a b c d"),
    (r"\textbf{S}oft \texttt{code}", "Soft code"),
    (r"at \url{https://example.org/a_b~c} or \href{https://example.org}{here}", "at https://example.org/a_b~c or here (https://example.org)"),
    (r"shown~\cite{a,b}. See \cite{c}", "shown. See"),
    (r"5\% \& \_ \# \$9", "5% & _ # $9"),
    ("a--b, a---b, a -- b", "a–b, a—b, a – b"),
    ("``quoted'' and `single' and it's", "“quoted” and ‘single’ and it's"),
    (r"Fig.~1 but ~10\% and 5~10", "Fig. 1 but ~10% and 5~10"),
    (r"one\\two", "one two"),
    (r"our \method{} and \ours are", "our method and ours are"),
    (r"(\eg, \ie) w.r.t.\ this", "(e.g., i.e.) w.r.t. this"),
    (r"{DNA} {\"o} \{x\}", "DNA ö {x}"),
    (r"he said \"hello\" there", "he said “hello” there"),
    ("via texttt{D}ual, M^{6}Doc, LaH_{10}", "via Dual, M⁶Doc, LaH₁₀"),
    (r"H$_2$O at 90$^\circ$", "H₂O at 90°"),
]  # fmt: skip
FORMULAS = [
    (r"$\alpha$-mass", "α-mass"),
    (r"$10^{-3}$", "10⁻³"),
    (r"$x_i$ $x_{max}$ $10^{a+b}$", "xᵢ x_max 10^(a+b)"),
    (r"$\mathcal{O}(n\log n)$", "O(n log n)"),
    (r"$\mathbb{R}^d$", "ℝᵈ"),
    (r"$\frac{a}{b}$, $\frac{a+b}{2}$", "a/b, (a+b)/2"),
    (r"$\sqrt{x}$, $\sqrt{a+b}$, $\sqrt[3]{2}$", "√x, √(a+b), ∛2"),
    (r"$2\times$ and 3$\times$4", "2× and 3×4"),
    (r"$a \le b$ and $a\leq b$", "a ≤ b and a≤b"),
    ("$a<b$ and $c>d$", "a<b and c>d"),
    (r"$\sim$5, $\pm 3$, $>$10", "~5, ±3, >10"),
    (r"$\theta_{t-1}^2 \in \{0,1\}$", "θₜ₋₁² ∈ {0,1}"),
    (r"\(a+b\) and \[ c \] and $$d$$", "a+b and c and d"),
    (r"$\tilde{O}(\sqrt{T})$, $\hat{x}$", "Õ(√T), x̂"),
    (r"$\left(x\right)$, $\text{Pass@}k$", "(x), Pass@k"),
    (r"$\mathcal{N}(0, \sigma^2 I)$", "N(0, σ² I)"),
]
LOST = [
    ("2.3times faster at 256times256", "2.3× faster at 256×256"),
    ("sim50K images and {sim}2{times} more", "~50K images and ~2× more"),
    ("R^3, 10^-3, FaSTA^*, O(n^2), V^top", "R³, 10⁻³, FaSTA*, O(n²), Vᵀ"),
    ("tau^2-Bench, pi_0, pi_0.5, V_1, ell_2", "τ²-Bench, π₀, π_0.5, V₁, ℓ₂"),
    ("360^circ views, 360^circtimes180^circ", "360° views, 360°×180°"),
    ("a rightarrow b, leq 3, N cdot T^2", "a → b, ≤ 3, N · T²"),
    ("{pm 1, pm i} in {bf MASK} at N{=}4, 10{,}000", "{±1, ±i} in MASK at N=4, 10,000"),
    ("between {entropy collapse} and {Flow-Noise}", "between entropy collapse and Flow-Noise"),
    ("red{Note:} black{a framework}", "Note: a framework"),
    (r"costs \500 or \50.5", "costs $500 or $50.5"),
    (r"\\alpha and \\textbf{b}", "α and b"),
    ("49.3 --> 72.3", "49.3 → 72.3"),
    ('the "effect"--which', 'the "effect"–which'),
    ("''fake news'', ``one\" and \"two''", '“fake news”, “one” and "two"'),
]
LINKS = [
    ("at https://x.example/a{here}.", "at here (https://x.example/a)."),
    ("at https://x.example/a{https://x.example/a}.", "at https://x.example/a."),
    ("at https://github.com/x/y{GitHub}.", "at https://github.com/x/y."),
    (r"\href{https://x.example/a\_b}{\texttt{Code}}", "Code (https://x.example/a_b)"),
    (r"\href{https://x.example/a}", "https://x.example/a"),
    (r"\href{mailto:a@b.example}{me}", "me"),
]
SPECIAL = [
    (r"$\mathcal P v$, $\mathbf x$, ${\cal N}$", "P v, x, N"),
    (r"$\frac{1}{\sqrt{n}}$, $\frac12$", "1/√n, 1/2"),
    (r"\ce{H2O}, Ca$^{2+}$, SO$_4^{2-}$, $^{13}$C", "H₂O, Ca²⁺, SO₄²⁻, ¹³C"),
    (r"$\begin{pmatrix} a & b \\ c & d \end{pmatrix}$", "(a b; c d)"),
    (r"$\left\| x \right\|_2$, $\lfloor x \rfloor$", "‖x‖₂, ⌊x⌋"),
    (r"$x^{i\theta}$, $x^{(t)}$, $2^{2^n}$", "x^(iθ), x⁽ᵗ⁾, 2^(2ⁿ)"),
    (r"5$\,\mu$m, 3$''$, $f'(x)$", "5 μm, 3″, f′(x)"),
    (r"M\"{u}ller, M{\"u}ller, G{\"o}del", "Müller, Müller, Gödel"),
    (r"\textquotedblleft hi\textquotedblright, \textDelta", "“hi”, Δ"),
    ("R^textbf{2AI}, Bi^{2}MAC", "R^(2AI), Bi²MAC"),
]
MONEY = [
    "$5 and $10",
    "from $5M to $10M",
    "US$5 million and AU$6 million",
    "costs $0.50 per call, not $2",
    "set $HOME and $PATH",
    "between $5-$10",
]
PLAIN = [
    "snake_case, __init__ and 2^(n) stay",
    "sim2real, sim-to-real, ten times, 3 times a day, alpha_list",
    "the 90% right answer, O'Brien's 5'' and ^_^",
    "1M~4M tokens, 60%~70% and 10.5 of 3",
    "95% of {0, 1} #tags @user",
    "run --flag a",
    "C++ & R&D <b> x < y",
    "```python fence```",
    "sets {a, b} in {placeholder_name}",
]


@pytest.mark.parametrize(("tex", "text"), PROSE + FORMULAS + LOST + LINKS + SPECIAL)
def test_tex_reads_as_meant(tex: str, text: str) -> None:
    assert clean_text(tex) == text


@pytest.mark.parametrize("text", MONEY + PLAIN)
def test_prose_with_odd_signs_stays_as_it_is(text: str) -> None:
    assert clean_text(text) == text


def test_money_beside_a_formula_is_told_apart() -> None:
    assert clean_text("costs $5, while $x$ is $y_1$") == "costs $5, while x is y₁"


@pytest.mark.parametrize(
    ("broken", "kept"),
    [
        (r"an open \textbf{group", "an open group"),
        ("an open {brace and $dollar", "an open {brace and $dollar"),
        (r"cut in $\frac{a", "cut in"),
        (r"}} {{ \frac", "}} {{"),
        ("ends with \\", "ends with"),
    ],
)
def test_what_is_not_closed_loses_no_words(broken: str, kept: str) -> None:
    assert clean_text(broken).startswith(kept)


_PIECES = st.sampled_from(
    [
        "\\",
        "{",
        "}",
        "$",
        "$$",
        "^",
        "_",
        "~",
        "`",
        "''",
        "--",
        "[",
        "]",
        " ",
        "\n",
        "a",
        "word",
        "1",
    ]
    + ["\\frac", "\\cite", "\\textbf", "\\sqrt", "\\href", "\\url", "\\hat", '\\"', "\\(", "\\)"]
)


@given(st.lists(_PIECES, max_size=40).map("".join), st.booleans())
def test_no_input_makes_the_reader_raise(text: str, braces: bool) -> None:
    assert "\ue000" not in tex_to_text(text, braces=braces)


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_text_grows_little_and_is_clean_text(text: str) -> None:
    shown = clean_text(text)
    assert len(shown) <= 2 * len(text) + 10  # a fraction gets brackets, a list its bullets
    assert not any(unicodedata.category(char) in ("Cc", "Co", "Cs") for char in shown)


@pytest.mark.parametrize("shown", [text for _, text in FORMULAS + LOST + LINKS + SPECIAL])
def test_reading_what_was_read_changes_nothing(shown: str) -> None:
    assert clean_text(shown) == shown


@given(st.lists(st.sampled_from(["word", " ", "{", "}", "$", "\\emph ", "\\ours "]), max_size=40))
def test_no_word_is_lost_in_unbalanced_tex(pieces: list[str]) -> None:
    assert tex_to_text("".join(pieces)).count("word") == pieces.count("word")


def test_deep_nesting_is_bounded() -> None:
    assert clean_text("{\\it " * 5000 + "x" + "}" * 5000) == "x"
    assert clean_text("\\frac" * 3000 + "$" * 3000) is not None


def test_text_without_tex_comes_back_itself() -> None:
    text = "Nothing to see here: plain text, 95% of it."
    assert tex_to_text(text) is text


def test_hard_real_titles_read_as_approved() -> None:
    records = [json.loads(line) for line in HARD.read_text("utf-8").splitlines()]
    assert len(records) > 80
    for record in records:
        assert clean_title(record["title"]) == record["shown"], record["id"]


def test_real_titles_and_abstracts_keep_no_tex() -> None:
    """Eighty real records with TeX: no backslash stays, no formula's dollar."""
    records = [json.loads(line) for line in SAMPLE.read_text("utf-8").splitlines()]
    assert len(records) == 80
    for record in records:
        for shown in (clean_title(record["title"]), clean_text(record["abstract"])):
            assert "\\" not in shown, record["id"]
            assert not re.search(r"\$(?!\d)[^$]*\$", shown), record["id"]
