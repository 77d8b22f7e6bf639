"""The linear form of scripts becomes markup in HTML; nothing else ever does."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.rendering.check_page import loose_tags
from digest.rendering.scripts import raise_scripts

RAISED = [
    ("L_max", "L<sub>max</sub>"),
    ("π_0.5 and V_0.5", "π<sub>0.5</sub> and V<sub>0.5</sub>"),
    ("x^(i+j)", "x<sup>i+j</sup>"),
    ("e^(-β|x-y|²)", "e<sup>-β|x-y|²</sup>"),
    ("P_(θ^(-q))", "P<sub>θ<sup>-q</sup></sub>"),
    ("C_(sa(x))", "C<sub>sa(x)</sub>"),
    ("1.2^(+0.3)_(-0.2)", "1.2<sup>+0.3</sup><sub>-0.2</sub>"),
    ("∑_(i=1)ⁿ xᵢ", "∑<sub>i=1</sub>ⁿ xᵢ"),
    ("lim_(n→∞)", "lim<sub>n→∞</sub>"),
    ("F_W(W), ℓ_∞, M_⊙, Λ_c⁺", "F<sub>W</sub>(W), ℓ<sub>∞</sub>, M<sub>⊙</sub>, Λ<sub>c</sub>⁺"),
    ("mAP_(0.50:0.95)", "mAP<sub>0.50:0.95</sub>"),
    ("2^(n)", "2<sup>n</sup>"),
    ("x^(a & <b>)", "x<sup>a &amp; &lt;b&gt;</sup>"),
]
KEPT = [
    "max_len, foo_(bar), a_b_c, tool_call, BERT_LARGE",
    "__init__, _rank, x_ and y^",
    "a^(b and (c",
    "^(a) and _(b), ^_^",
    "user_name@x.example, $HOME_DIR",
    "https://x.example/A_(B)/c_max",
    "{{7*7}} and {% if %}",
]


@pytest.mark.parametrize(("text", "markup"), RAISED)
def test_scripts_are_raised_and_lowered(text: str, markup: str) -> None:
    assert raise_scripts(text) == markup


@pytest.mark.parametrize("text", KEPT)
def test_names_and_addresses_keep_their_signs(text: str) -> None:
    assert raise_scripts(text) == text


_SOUP = st.text(alphabet="xL_^()<>&\"'{}%π0 .", max_size=60)


@given(_SOUP)
def test_no_markup_but_balanced_scripts_is_made(text: str) -> None:
    shown = str(raise_scripts(text))
    assert set(re.findall(r"<[^>]*>", shown)) <= {"<sub>", "</sub>", "<sup>", "</sup>"}
    assert loose_tags(shown) == ("", "")


@given(_SOUP)
def test_no_sign_of_the_text_is_lost_but_those_that_made_a_script(text: str) -> None:
    shown = unescape(re.sub(r"</?su[bp]>", "", str(raise_scripts(text))))
    assert re.sub(r"[\^_()\s]", "", shown) == re.sub(r"[\^_()\s]", "", text)


def test_deep_nesting_stays_as_it_is_written() -> None:
    assert str(raise_scripts("x_(" * 30 + "a" + ")" * 30)).count("<sub>") <= 3
