"""A letter shown in the scheme that is asked for, whatever the browser prefers."""

from __future__ import annotations

import pytest

from digest.web.scheme import show_scheme

LETTER = """<head><meta name="color-scheme" content="light dark" />
<meta name="supported-color-schemes" content="light dark"/>
<style>@media (prefers-color-scheme:dark){.a{color:red !important}}
@media (prefers-color-scheme: light) and (max-width:480px){.b{top:0}}</style>
<link media="(prefers-color-scheme:dark)" href="x"></head>
<p>A study of @media (prefers-color-scheme:dark) and media="(prefers-color-scheme:dark)"</p>"""


def test_rules_of_the_scheme_hold_and_those_of_the_other_do_not() -> None:
    dark = show_scheme(LETTER, "dark")
    assert "@media (min-width:0){.a{color:red !important}}" in dark
    assert "@media (max-width:0) and (max-width:480px){.b{top:0}}" in dark
    assert '<link media="(min-width:0)"' in dark
    light = show_scheme(LETTER, "light")
    assert "@media (max-width:0){.a" in light
    assert '<link media="(max-width:0)"' in light


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_a_letter_declares_is_this_scheme_alone(scheme) -> None:
    assert show_scheme(LETTER, scheme).count(f'content="{scheme}"') == 2


def test_no_text_is_touched() -> None:
    assert LETTER.partition("<p>")[2] == show_scheme(LETTER, "dark").partition("<p>")[2]
