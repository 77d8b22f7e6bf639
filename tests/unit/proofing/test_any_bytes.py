"""Whatever a letter is made of, a proof ends with findings and never with an exception."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.proofing import proof_letter
from tests.support.proofs import Draft

LETTER = Draft().letter()
SCRAPS = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            *(
                b"<p>",
                b"</td>",
                b"<table>",
                b'"',
                b"<!--",
                b"-->",
                b"<style>",
                b"{",
                b"}",
                b"@media",
            ),
            *(
                b"/*",
                b"=?utf-8?q?",
                b"?=",
                b"\r\n\r\n",
                b"--=_part",
                b"href=",
                b"color:",
                b"(",
                b"\xff",
            ),
            *(b'<a href="http://[">x</a>', b"<td style='font-size:1.2.3px;color:rgb(1)'>x", b"<a>"),
            *(b"<img src='http://a:b/'>", b"<p dir style class id>", b"[a=", b">>", b"&#0;", b"\0"),
        ]
    ),
)
CUTS = st.lists(
    st.tuples(st.integers(0, len(LETTER)), st.integers(0, 60), SCRAPS), min_size=1, max_size=6
)


@given(CUTS)
def test_a_letter_with_pieces_put_in_and_taken_out(cuts: list[tuple[int, int, bytes]]) -> None:
    raw = LETTER
    for at, gone, scrap in cuts:
        raw = raw[:at] + scrap + raw[at + gone :]
    assert all(str(each) and "\n" not in str(each) for each in proof_letter(raw))


def test_a_page_that_is_nested_deeper_than_python_calls() -> None:
    deep = Draft().page("<p>Bees", "<div>" * 5000 + "</div>" * 5000 + "<p>Bees")
    assert isinstance(proof_letter(deep.letter()), tuple)
