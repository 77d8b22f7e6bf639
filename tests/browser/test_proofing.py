"""What a proof works out about type and colours is what Chromium shows."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from digest.proofing.contrast import readings
from digest.proofing.media import DARK, LIGHT
from digest.proofing.page import read_page
from tests.support.browsing import opened, texts
from tests.support.real_letters import real_letter

# Each line is one question to the cascade.
PUZZLES = """\
<!doctype html>
<html lang="en"><head><title>t</title><meta name="color-scheme" content="light dark">
<style>
p{color:#111} .a{color:#222} p.a{color:#333} #b{color:#444} .a#b{color:#345}
.c{color:#555!important} .c{color:#666} .d .e{color:#777} .d>.e{color:#787}
.d p+p{color:#272} .d p~.f{color:#282} [align=left]{color:#336} [title^="x"]{color:#337}
.g{background:#eee url(a.png)} .g{background-color:rgba(0,0,0,.5)} .h{background:none}
.i{background-color:#fed;background:#def} .j{font:italic 700 20px/30px Arial} .k{font-size:1.5em}
.l{font-size:120%;line-height:1.5} .m{color:hsl(200,50%,30%)} .n{color:rgb(10 20 30 / 50%)}
.o{color:currentcolor} .q{color:rebeccapurple;background-color:PapayaWhip} a.r{color:inherit}
:root{line-height:20px} .never:hover{color:red} .bad{color:#12} .bad2{color:nocolour}
/* .a{color:red} */ @media (max-width:480px){p{color:red}} @media print{p{color:red}}
@media screen and (min-width:480px){.s{color:#135}} @supports (display:grid){.t{color:#246}}
@media (prefers-color-scheme:dark){ .u{color:#abc} .v{background:#123} .w{color:#def!important} }
</style></head><body text="#010203" bgcolor="#fafafa">
plain <a href="https://a.example">link</a> <a name="x">anchor</a>
<p>p</p><p class="a">a</p><p class="a" id="b">b</p><p class="c" style="color:#999">c</p>
<div class="d"><p class="e">child</p><p>next</p><div><p class="e">deep</p></div>
<b class="f">f</b></div>
<p align="left">attribute</p><p title="xyz">prefix</p>
<div class="g">g <span class="h">h</span></div><div class="i">i</div>
<div class="j">j <small>small</small></div><div class="k">k <span class="k">kk</span></div>
<div class="l">l <span style="font-size:30px">ll</span></div>
<div style="line-height:150%">%<h4>h</h4></div>
<p class="m">m</p><p class="n">n</p><p class="o">o</p><p class="q">q</p>
<p>see <a class="r" href="https://b.example">r</a></p><p class="never">never</p>
<p class="bad">bad</p><p class="bad2">bad</p><p class="s">s</p><p class="t">t</p>
<table bgcolor="red" style="background-color:#456"><tr>
<td bgcolor="#ffffee">cell</td><th>head</th></tr></table>
<font color="884400" size="5">font <font size="1">f</font></font>
<h1>1</h1><h2>2</h2><h3>3</h3><h5>5</h5><h6>6</h6><b>b</b><sub>sub</sub>
<p class="u">u</p><p class="u" style="color:#654">u</p><div class="v">v</div>
<p class="w" style="color:#a00">w</p><div style="display:none">no<p>no</p></div>
<p style="color:#102030; color:bogus">two</p>
<p style="font-size:12pt">pt</p><p style="font-size:larger">larger</p>
<p style="font-size:small">s</p>
</body></html>
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("letter", ["real", "puzzles"])
def test_sizes_colours_and_contrasts_are_those_of_chromium(
    browser: Browser, letter: str, dark: bool
) -> None:
    html = real_letter(30).html if letter == "real" else PUZZLES
    with opened(browser, html, dark=dark) as page:
        shown = texts(page)
    read = read_page(html)
    assert read
    worked_out = readings(read, DARK if dark else LIGHT)
    theirs = {(round(each.contrast, 3), each.size, each.line.removesuffix("px")) for each in shown}
    ours = {
        (round(each.ratio, 3), float(f"{each.look.size:.6g}"), _line(each.look.leading))
        for each in worked_out
    }
    assert len(ours) > 4
    assert ours == theirs
    least = min(each.ratio for each in worked_out)
    assert least == pytest.approx(min(each.contrast for each in shown), abs=0.001)


def _line(leading: float | None) -> str:
    return "normal" if leading is None else f"{leading:.6g}"
