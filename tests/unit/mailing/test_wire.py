"""Chunks that may be joined in any order."""

import quopri

from hypothesis import given
from hypothesis import strategies as st

from digest.mailing.measure import clean_text
from digest.mailing.wire import encode_chunk

TEXTS = st.text(
    st.sampled_from("ab =.\t\n\r_é漢😀\x00\x0b\x85\x9f\u2028\ud800") | st.characters(), max_size=400
)
LONG = st.builds(
    lambda n, end: "a" * n + end,
    st.integers(70, 80),
    st.sampled_from([" \nb", "\t\n", " ", ".\n", "=\n"]),
)


@given(st.lists(TEXTS | LONG, max_size=6))
def test_joined_chunks_decode_to_the_joined_texts(texts: list[str]) -> None:
    raw = b"".join(map(encode_chunk, texts))
    wanted = "".join(map(clean_text, texts)).encode()
    assert quopri.decodestring(raw).replace(b"\r\n", b"\n") == wanted


LENGTHS = st.integers(60, 160).map(lambda n: "a" * n) | st.integers(10, 30).map(lambda n: "é" * n)


@given(TEXTS | LONG | LENGTHS)
def test_a_chunk_is_ascii_lines_of_at_most_76_ended_by_crlf(text: str) -> None:
    raw = encode_chunk(text)
    assert raw.isascii()
    assert b"\x00" not in raw
    assert raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")
    assert raw == b"" or raw.endswith(b"\r\n")
    for line in raw.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.endswith((b" ", b"\t"))
        assert b"=_" not in line


def test_control_characters_that_break_or_clip_letters_are_taken_out() -> None:
    assert clean_text("a\x00b\x9bc\ud800d\x7fe\tf\r\ng\rh\x85i") == "abcde\tf\ng\nh\ni"
