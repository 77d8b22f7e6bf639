"""The text door lets nothing through that is no text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.text import (
    TEXT_LIMIT,
    TITLE_LIMIT,
    clean_authors,
    clean_line,
    clean_name,
    clean_text,
    clean_title,
    clean_url,
    html_to_text,
    title_id,
)

TEX_ACTIVE = set("\\${}~`&'-^_")


@given(st.text())
def test_no_control_private_or_surrogate_character_passes(text: str) -> None:
    for cleaned in (clean_title(text), clean_text(text)):
        assert not any(unicodedata.category(char) in ("Cc", "Co", "Cs") for char in cleaned)
        assert cleaned == cleaned.strip()
        assert unicodedata.is_normalized("NFC", cleaned)


@given(st.text().filter(lambda text: not TEX_ACTIVE & set(text)))
def test_cleaning_clean_text_changes_nothing(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)


@given(st.text(alphabet=st.characters(categories=["Ll", "Lu", "Nd", "Zs"])))
def test_no_letter_or_digit_is_lost_from_plain_text(text: str) -> None:
    kept = "".join(clean_text(text).split())
    assert kept == "".join(unicodedata.normalize("NFC", text).split())


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("two\n  lines", "two lines"),
        ("a\u2028b\u2029c\x85d\x0be", "a b c d e"),
        ("soft\u00adhyphen", "softhyphen"),
        ("\ufeffmark", "mark"),
        ("safe\u202etxt.exe\u202c", "safetxt.exe"),
        ("iso\u2066late\u2069", "isolate"),
        ("e\u0301", "é"),
        ("AT&amp;T &lt;3", "AT&T <3"),
        ("&amp;lt;b&amp;gt;", "<b>"),
        ("R&D and &notanentity", "R&D and &notanentity"),
        ("&#1;&#x202E;x", "x"),
        ("<b>bold</b> & <script>", "<b>bold</b> & <script>"),
        ("pass\u200bword pass\u200dword", "password password"),
        ("क्\u200dष 👩\u200d💻 می\u200cخواهم", "क्\u200dष 👩\u200d💻 می\u200cخواهم"),
        ("\ud800x\ue000\ufffe\U0010ffff", "x"),
    ],
)
def test_title_is_one_line_of_plain_text(raw: str, shown: str) -> None:
    assert clean_title(raw) == shown


def test_long_texts_are_cut_at_a_word() -> None:
    title = clean_title("word " * 1000)
    assert len(title) <= TITLE_LIMIT
    assert title.endswith("word…")
    abstract = clean_text("sentence " * 100_000)
    assert len(abstract) <= TEXT_LIMIT
    assert abstract.endswith("sentence…")
    assert len(clean_title("x" * 20_000_000)) == TITLE_LIMIT


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("$a<b$ and $c>d$", "$a<b$ and $c>d$"),
        ("if a<b and c>d, then", "if a<b and c>d, then"),
        ("the <think> token", "the <think> token"),
        ("p<0.05", "p<0.05"),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("a<br/>b<BR>c", "a\nb\nc"),
        ("H<sub>2</sub>O, 10<sup>-6</sup>", "H₂O, 10⁻⁶"),
        ("5<sup>th</sup>, x<sub>max</sub>", "5th, x_max"),
        ("<script>alert(1)</script>safe<style>p{}</style>", "safe"),
        ("<!-- note -->x<![CDATA[ y <b>z</b> ]]>", "x y z"),
        ("&lt;p&gt;Hi &amp;amp; you&lt;/p&gt;", "Hi & you"),
        ("<p>write &lt;b&gt; here</p>", "write <b> here"),
        ("<jats:p>A <jats:italic>b</jats:italic></jats:p>", "A b"),
        ("<a href=\"javascript:x\" onclick='y'>link</a>", "link"),
        ("<i>E. coli</i> &alpha;&beta;", "E. coli αβ"),
    ],
)
def test_html_becomes_text_and_text_stays(markup: str, text: str) -> None:
    assert html_to_text(markup) == text


@given(st.text(alphabet="<>/ab&;!-p \"'="))
def test_any_tag_soup_is_read_without_a_fault(markup: str) -> None:
    letters = "".join(char for char in html_to_text(markup) if char.isalpha())
    assert len(letters) <= len(markup)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Ann Lee,", "Bo Wu,"], ("Ann Lee", "Bo Wu")),
        (["Ann Lee and Bo Wu", "Cy Xu; Di Yo"], ("Ann Lee", "Bo Wu", "Cy Xu", "Di Yo")),
        (["Ann Lee", "ann lee", "", " , ", "et al."], ("Ann Lee",)),
        (["Paulo Andr\\'e Lima de Castro"], ("Paulo André Lima de Castro",)),
        (["Erd\\H{o}s, Paul"], ("Erdős, Paul",)),
        (["Alexander Anderson", "Sandy Band"], ("Alexander Anderson", "Sandy Band")),
        (["John Smith, Jr."], ("John Smith, Jr.",)),
        (
            ["Niccol`o Cavagnero", "~Ng", "Tasi'u Jibril"],
            ("Niccolò Cavagnero", "Ng", "Tasi'u Jibril"),
        ),
        (["Hal {Daum\\'e III}", 'G{\\"o}khan T{\\"u}r'], ("Hal Daumé III", "Gökhan Tür")),
    ],
)
def test_authors_are_names_each_once(names: list[str], expected: tuple[str, ...]) -> None:
    assert clean_authors(names) == expected


def test_tex_is_read_wherever_people_write_names() -> None:
    assert clean_name("Universit\\'e Paris--Saclay") == "Université Paris–Saclay"
    assert clean_name("$\\ell_1$ norms {\\em today}") == "ℓ₁ norms today"
    assert clean_line("no such file: C:\\new") == "no such file: C:\\new"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "http://127.0.0.1:8000/x?a=1",
        "https://xn--bcher-kva.example/a",
        "http://[::1]:80/x",
    ],
)
def test_web_address_is_kept_as_it_is(url: str) -> None:
    assert clean_url(f" {url} ") == url


def test_an_address_in_another_script_is_written_in_ascii_once_and_for_all() -> None:
    written = "https://xn--bcher-kva.example/p%C3%A4per/%E8%AB%96?q=%C3%BC#%C3%9F"
    assert clean_url("https://Bücher.example/päper/論?q=ü#ß") == written
    assert clean_url("https://xn--bcher-kva.example/p%C3%A4per/論?q=ü#ß") == written
    assert clean_url("https://例え.example:8080/a%20b") == "https://xn--r8jz45g.example:8080/a%20b"


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x",
        "file:///etc/passwd", "//example.org/x", "/path", "example.org", "https://", "https:///x",
        "https://arxiv.org@evil.example/", "https://u:p@example.org", "https://exa mple.org",
        "https://example.org/a\nb", "https://example.org/\x00", "https://example.org/\u202ex",
        "https:\\\\example.org", "https://example.org\\@evil.example", "https://example.org:99999/",
        "https://exam<ple.org", 'https://example.org/"onclick', "https://[::1", "https://a..b/",
        "ftp://example.org", "https://example.org/" + "x" * 2000,
    ],
)  # fmt: skip
def test_address_that_could_mislead_is_refused(url: str | None) -> None:
    assert clean_url(url) is None


def test_title_id_sees_through_case_signs_and_accents() -> None:
    one = title_id("Attention Is All You Need!", "Ashish Vaswani")
    assert one.scheme == "title"
    assert one == title_id("attention is all you need", "Vaswani, Ashish")
    assert one == title_id("Attention – is all\u00a0you need", "A. Vaswani")
    assert title_id("X", "Jörg Müller") == title_id("x", "J. Muller")
    assert title_id("X", "John Smith Jr.") == title_id("X", "John Smith")
    assert one != title_id("Attention Is All You Need", "Noam Shazeer")
    assert one != title_id("Attention Is Not All You Need", "Ashish Vaswani")


@pytest.mark.parametrize(
    "forms",
    [
        (r"Bounds for $L_{\max}$", "Bounds for L_max", "Bounds for L_(max)", "Bounds for Lₘₐₓ"),
        (r"$R^3$: Reverse", "R^3: Reverse", "R³: Reverse"),
        (r"$\pi_{0.5}$ at work", "π_0.5 at work", "π₀.₅ at work", "pi_0.5 at work"),
        (r"$x^{i+j}$ and $10^{-3}$", "x^(i+j) and 10⁻³", "xⁱ⁺ʲ and 10^-3"),
        ("{BERT} for Andr\\'e", "BERT for André"),
    ],
)
def test_one_title_in_unicode_in_tex_and_in_plain_signs_is_one_title(
    forms: tuple[str, ...],
) -> None:
    assert len({title_id(clean_title(form), "Ada Byron") for form in forms}) == 1


def test_title_id_stays_the_same_for_ever() -> None:
    """Editions in the archive are compared with it."""
    expected = "title:39d23241e5c1eb34465b1642"
    assert str(title_id("Attention Is All You Need", "Ashish Vaswani")) == expected


@given(st.text(), st.text())
def test_title_id_exists_for_every_title(title: str, author: str) -> None:
    assert len(title_id(title, author).value) == 24
