"""Chunks that may be joined in any order."""

import quopri

from hypothesis import given
from hypothesis import strategies as st

from digest.mailing.measure import clean_text, one_line
from digest.mailing.wire import encode_chunk, plain_chunk, quote_value

FROM = st.integers(60, 90).map(lambda n: f"From {'a' * n}\nFrom From b\n.From c\nFrom")
TEXTS = st.text(
    st.sampled_from("ab =.\t\n\r_é漢😀\x00\x0b\x85\x9f\u2028\ud800") | st.characters(), max_size=400
)
LONG = st.builds(
    lambda n, end: "a" * n + end,
    st.integers(70, 80),
    st.sampled_from(
        ["\nFrom here", " \nb", "\n" + "." * 150, "\n." + "a" * 75, "\t\n", " ", ".\n", "=\n"]
    ),
)


@given(st.lists(TEXTS | LONG | FROM, max_size=6))
def test_joined_chunks_decode_to_the_joined_texts(texts: list[str]) -> None:
    raw = b"".join(map(encode_chunk, texts))
    wanted = "".join(map(clean_text, texts)).encode()
    assert quopri.decodestring(raw).replace(b"\r\n", b"\n") == wanted


LENGTHS = st.integers(60, 160).map(lambda n: "a" * n) | st.integers(10, 30).map(lambda n: "é" * n)


@given(TEXTS | LONG | LENGTHS | FROM)
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
        assert not line.startswith(b"."), "so nothing needs dot-stuffing"
        assert not line.startswith(b"From "), "which a mailbox of the mbox format would change"


def test_control_characters_that_break_or_clip_letters_are_taken_out() -> None:
    assert clean_text("a\x00b\x9bc\ud800d\x7fe\tf\r\ng\rh\x85i") == "abcde\tf\ng\nh\ni"


@given(TEXTS.map(one_line) | LENGTHS | st.sampled_from([".", "..a", "a=b", "-" * 75, "From a"]))
def test_a_value_is_encoded_as_a_chunk_is(text: str) -> None:
    assert quote_value(text) == encode_chunk(text)


@given(TEXTS)
def test_a_plain_chunk_is_measured_and_stuffed_line_by_line(text: str) -> None:
    chunk = plain_chunk(text)
    lines = clean_text(text).encode().split(b"\n")
    first, *others = chunk.octets.split(b"\r\n")
    assert first == lines[0]
    assert others == [b"." + line if line.startswith(b".") else line for line in lines[1:]]
    assert chunk.breaks is (len(lines) > 1)
    assert (chunk.first, chunk.last) == (len(lines[0]), len(lines[-1]))
    assert chunk.inside == max(map(len, lines[1:-1]), default=0)
