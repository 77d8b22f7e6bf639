"""One thing is wrong in each letter, and the proof says that and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.proofing import Severity, proof_letter
from tests.support.proofs import Draft

ERROR, WARNING = Severity.ERROR, Severity.WARNING
GOOD = Draft()
LONG = "x" * 1000
DKIM = "v=1; a=rsa-sha256; d=%s; s=s;\r\n h=%s; bh=aa; b=bb"
SIGNED = "from:subject:date:\r\n list-unsubscribe:list-unsubscribe-post"

HEADERS = {
    "no Date": (GOOD.header("Date", None), ERROR, "Date: is missing"),
    "Date without zone": (
        GOOD.header("Date", "Mon, 23 Nov 2026 06:00:00"),
        ERROR,
        "Date: \"Mon, 23 Nov 2026 06:00:00\" is no date",
    ),
    "Date on the 31st of November": (
        GOOD.header("Date", "31 Nov 2026 06:00:00 +0000"),
        ERROR,
        "is no date",
    ),
    "Date on the wrong day": (
        GOOD.header("Date", "Tue, 23 Nov 2026 06:00:00 +0000"),
        ERROR,
        "says Tue, but that day is a Monday",
    ),
    "no Message-ID": (GOOD.header("Message-ID", None), ERROR, "Message-ID: is missing"),
    "bad Message-ID": (GOOD.header("Message-ID", "12@x"), ERROR, "not of the form <left@right>"),
    "MIME version": (GOOD.header("MIME-Version", "2.0"), ERROR, "is not 1.0"),
    "twice": (GOOD.header("subject", "Again"), ERROR, "Subject: stands 2 times"),
    "no Subject": (GOOD.header("Subject", None), ERROR, "Subject: is missing"),
    "empty Subject": (GOOD.header("Subject", " "), ERROR, "Subject: is empty"),
    "long Subject": (
        GOOD.header("Subject", "\r\n ".join(["a word or two"] * 8)),
        WARNING,
        "Subject: has 111 characters",
    ),
    "From without a domain": (GOOD.header("From", "Daily <papers>"), ERROR, "is no mail address"),
    "From shows another address": (
        GOOD.header("From", '"ada@bank.example" <papers@example.org>'),
        ERROR,
        "the name shows the address ada@bank.example",
    ),
    "two authors": (
        GOOD.header("From", "a@example.org, b@example.org"),
        ERROR,
        "names several authors",
    ),
    "no language": (GOOD.header("Content-Language", None), WARNING, "Content-Language: is missing"),
    "bad language": (
        GOOD.header("Content-Language", "en_US"),
        ERROR,
        '"en_US" is no language tag',
    ),
    "8bit header": (GOOD.header("Subject", "Bébé"), ERROR, "Subject: has octets past ASCII"),
    "long line": (GOOD.header("Subject", "ab " * 27), WARNING, "fold it at 78"),
    "long encoded word": (
        GOOD.header("Subject", f"=?utf-8?q?{'a' * 70}?="),
        ERROR,
        "an encoded word of 82 characters; 75",
    ),
    "half a character": (
        GOOD.header("Subject", "=?utf-8?q?=C3?="),
        ERROR,
        "does not decode",
    ),
    "unknown charset": (GOOD.header("Subject", "=?utf-99?q?a?="), ERROR, "does not decode"),
    "broken encoded word": (GOOD.header("Subject", "=?utf-8?q?a b?="), ERROR, "a broken encoded"),
    "encoded word in quotes": (
        GOOD.header("From", '"=?utf-8?q?a?=" <papers@example.org>'),
        ERROR,
        "in quotes, where it is not decoded",
    ),
    "encoded words that touch": (
        GOOD.header("Subject", "a=?utf-8?q?b?="),
        ERROR,
        "no blank sets apart",
    ),
    "encoded List-Unsubscribe": (
        GOOD.header("List-Unsubscribe", "=?utf-8?q?=3Chttps=3A//example=2Eorg/u=3E?="),
        ERROR,
        "unreadable to programs",
    ),
    "no List-Unsubscribe": (
        GOOD.header("List-Unsubscribe", None).header("List-Unsubscribe-Post", None),
        ERROR,
        "List-Unsubscribe: is missing",
    ),
    "List-Unsubscribe without brackets": (
        GOOD.header("List-Unsubscribe", "https://papers.example.org/u/26"),
        ERROR,
        "is not a list of <address>s",
    ),
    "List-Unsubscribe by ftp": (
        GOOD.header("List-Unsubscribe", "<https://papers.example.org/u/26>, <ftp://a.example/>"),
        ERROR,
        "is neither https nor mailto",
    ),
    "unsubscribe mailbox": (
        GOOD.header("List-Unsubscribe", "<https://papers.example.org/u/26>, <mailto:papers>"),
        ERROR,
        "names no mail address",
    ),
    "one-click by mail only": (
        GOOD.header("List-Unsubscribe", "<mailto:papers@example.org>"),
        ERROR,
        "List-Unsubscribe has no https address",
    ),
    "one-click misspelt": (
        GOOD.header("List-Unsubscribe-Post", "List-Unsubscribe=Yes"),
        ERROR,
        "must be List-Unsubscribe=One-Click",
    ),
    "no one-click": (GOOD.header("List-Unsubscribe-Post", None), WARNING, "there is no one-click"),
    "no List-Id": (GOOD.header("List-Id", None), WARNING, "List-Id: is missing"),
    "bad List-Id": (GOOD.header("List-Id", "papers"), ERROR, "is not of the form"),
    "Auto-Submitted": (GOOD.header("Auto-Submitted", "yes"), ERROR, "no word of RFC 3834"),
    "DKIM of a stranger": (
        GOOD.header("DKIM-Signature", DKIM % ("relay.example", SIGNED)),
        ERROR,
        "none is of example.org",
    ),
    "DKIM without one-click": (
        GOOD.header("DKIM-Signature", DKIM % ("example.org", SIGNED.rpartition(":")[0])),
        ERROR,
        "does not cover List-Unsubscribe-Post",
    ),
}  # fmt: skip

SWAPPED = replace(
    GOOD, text=GOOD.html, html=GOOD.text, text_type=GOOD.html_type, html_type=GOOD.text_type
)
MIME = {
    "HTML first": (SWAPPED, ERROR, "stands after text/html"),
    "long boundary": (replace(GOOD, boundary="=" * 71), ERROR, "over 70 characters"),
    "no charset": (replace(GOOD, html_type="text/html"), WARNING, "declares no charset"),
    "unknown charset": (
        replace(GOOD, html_type="text/html; charset=utf-99"),
        ERROR,
        "has the unknown charset",
    ),
    "wrong charset": (
        replace(GOOD.page("Bees dance", "Bées dance"), html_type="text/html; charset=us-ascii"),
        ERROR,
        "is not the us-ascii that it declares",
    ),
    "7bit with 8bit octets": (
        replace(GOOD.page("Bees dance", "Bées dance"), encoding="7bit"),
        ERROR,
        "declared 7bit and holds 8bit",
    ),
    "unknown encoding": (replace(GOOD, encoding="uuencode"), ERROR, "unknown transfer encoding"),
    "long line": (GOOD.page("A bee", LONG), ERROR, "a relay may cut past 998"),
}  # fmt: skip

LINES = GOOD.html.count("\n")
PADDING = "\n".join(["<!--" + "x" * 90 + "-->"] * 1000)
SIZE = {
    "too large": (GOOD.page("<p>To", f"{PADDING * 2}<p>To"), ERROR, "Gmail clips past 102,400"),
    "nearly too large": (GOOD.page("<p>To", f"{PADDING}<p>To"), WARNING, "Gmail clips soon"),
    "large style": (GOOD.page("</style>", ".x{top:0}\n" * 900 + "</style>"), WARNING, "8,192"),
    "too large style": (GOOD.page("</style>", ".x{top:0}\n" * 1700 + "</style>"), ERROR, "16,384"),
    "C1 control character": (GOOD.page("Bees dance", "Bees\x85 dance"), ERROR, "U+0085"),
}  # fmt: skip

HTML = {
    "no doctype": (GOOD.page("<!doctype html>\n", ""), ERROR, "does not begin with <!doctype"),
    "no lang": (GOOD.page(' lang="en"', ""), ERROR, "names no language"),
    "lang und": (GOOD.page('lang="en"', 'lang="und"'), ERROR, "names no language"),
    "lang of another": (GOOD.page('lang="en"', 'lang="fr"'), WARNING, "Content-Language is en"),
    "no dir": (GOOD.page(' dir="ltr"', ""), WARNING, "has no dir"),
    "wrong dir": (
        GOOD.page('lang="en"', 'lang="ar"').header("Content-Language", "ar"),
        ERROR,
        "is written from right to left",
    ),
    "no title": (GOOD.page("<title>Daily Papers</title>", ""), ERROR, "title: is missing"),
    "no charset": (GOOD.page('<meta charset="utf-8">\n', ""), WARNING, "declares no charset"),
    "no viewport": (GOOD.page('name="viewport"', 'name="other"'), WARNING, "has no viewport"),
    "no zoom": (GOOD.page("initial-scale=1", "user-scalable=no"), ERROR, "forbids to zoom"),
    "div left open": (GOOD.page("<p>Bees", "<div><p>Bees"), ERROR, "<div> is not closed"),
    "p left open": (GOOD.page("<p>Bees", "<p>Fine.\n<p>Bees"), WARNING, "<p> is not closed"),
    "cell left open": (GOOD.page("</td>", ""), WARNING, "<td> is not closed"),
    "stray end": (GOOD.page("</table>", "</table></div>"), ERROR, "</div> closes nothing"),
    "block in p": (
        GOOD.page("<p>Bees", "<p><ul><li>Bees</li></ul></p><p>Bees"),
        ERROR,
        "<ul> inside <p>",
    ),
    "text between cells": (GOOD.page("<tr><td", "<tr>lost<td"), ERROR, "outside of its cells"),
    "element between rows": (
        GOOD.page("<tr><td", "<div></div><tr><td"),
        ERROR,
        "<div> stands in a table outside",
    ),
    "attribute twice": (GOOD.page('alt="A bee"', 'alt="A bee" alt="B"'), ERROR, "alt twice"),
    "id twice": (GOOD.page("<p>Bees", '<p id="bees">Bees'), ERROR, "2 elements have this id"),
    "no h1": (
        GOOD.page("<h1", "<p").page("</h1>", "</p>"),
        ERROR,
        "has no h1",
    ),
    "skipped heading": (GOOD.page("h2", "h3"), ERROR, "follows an h1; h2 is missing"),
    "second h1": (GOOD.page("h2", "h1"), WARNING, "is a second h1"),
    "empty heading": (GOOD.page("<p>Bees", "<h3></h3><p>Bees"), ERROR, "is an empty heading"),
    "no alt": (GOOD.page(' alt="A bee"', ""), ERROR, "has no alt"),
    "no width": (GOOD.page(' width="120"', ""), WARNING, "has no width attribute"),
    "tall image": (GOOD.page('height="65"', 'height="1800"'), WARNING, "Outlook crops it"),
    "relative image": (GOOD.page("https://papers.example.org/bee", "bee"), ERROR, "in src"),
    "http image": (
        GOOD.page("https://papers.example.org/bee", "http://papers.example.org/bee"),
        WARNING,
        "is fetched by http",
    ),
    "data image": (
        GOOD.page("https://papers.example.org/bee.png", "data:image/png;base64,aa"),
        WARNING,
        "which Gmail drops",
    ),
    "table without role": (GOOD.page(' role="presentation"', ""), ERROR, "role=\"presentation\""),
    "tall cell": (
        GOOD.page("Bees dance,", "Bees dance, " + "and dance\n" * 520),
        WARNING,
        "Outlook breaks a cell",
    ),
    "script": (GOOD.page("<p>Bees", "<script></script><p>Bees"), ERROR, "does not work in mail"),
    "form": (GOOD.page("<p>Bees", "<form></form><p>Bees"), ERROR, "<form> does not work"),
    "event": (GOOD.page("<p>Bees", '<p onclick="f()">Bees'), ERROR, "onclick is a script"),
    "external style": (
        GOOD.page("<style>", '<link rel="stylesheet" href="https://a.example/a.css"><style>'),
        ERROR,
        "loads a style sheet",
    ),
    "style in body": (GOOD.page("<p>Bees", "<style></style><p>Bees"), ERROR, "in the body"),
}  # fmt: skip

DARK_ONLY = "(prefers-color-scheme:dark)"
CSS = {
    "comment": (GOOD.page("[data-ogsb]", "/* a */[data-ogsb]"), WARNING, "has a comment"),
    "open brace": (
        GOOD.page("[data-ogsb]", ".x{top:0\n[data-ogsb]"),
        ERROR,
        "a brace that is not closed",
    ),
    "import": (GOOD.page(":root", "@import 'https://a.example/a.css';\n:root"), ERROR, "@import"),
    "comma in media": (GOOD.page("@media", f"@media {DARK_ONLY},"), ERROR, "has a comma"),
    "nested at": (
        GOOD.page("[data-ogsb]", "@media screen{@media screen{.x{top:0}}}\n[data-ogsb]"),
        ERROR,
        "@media stands in another @ rule",
    ),
    "blank before important": (
        GOOD.page("body,.card{background-color", "body,.card{background"),
        WARNING,
        "has a blank before !important",
    ),
    "position": (GOOD.page("<p>Bees", '<p style="position:absolute">Bees'), WARNING, "position:"),
    "float": (GOOD.page("<p>Bees", '<p style="float:left">Bees'), WARNING, "float is ignored"),
    "flex": (GOOD.page("<p>Bees", '<p style="display:flex">Bees'), WARNING, "display:flex is"),
}  # fmt: skip

ABSTRACT = ">Abstract<"
ARXIV = "https://arxiv.org/abs/2611.00001"
LINKS = {
    "nowhere": (GOOD.page('href="#bees"', 'href="#"'), ERROR, "leads nowhere"),
    "lost anchor": (GOOD.page('href="#bees"', 'href="#wasps"'), ERROR, "is not in the letter"),
    "anchor by id only": (GOOD.page(' name="bees"', ""), WARNING, 'add <a name="bees">'),
    "anchor by name only": (GOOD.page(' id="bees"', ""), WARNING, 'add id="bees"'),
    "blank in it": (GOOD.page("#bees", "mailto:a b@example.org"), ERROR, "is no address"),
    "relative": (GOOD.page("#bees", "bees.html"), ERROR, "is not a whole address"),
    "script": (GOOD.page("#bees", "javascript:void(0)"), ERROR, "javascript: does not work"),
    "mailto nobody": (GOOD.page("#bees", "mailto:ada"), ERROR, "names no mail address"),
    "http": (
        GOOD.page(ARXIV, ARXIV.replace("https", "http")).words("https://a", "http://a"),
        WARNING,
        "is http; use https",
    ),
    "no text": (GOOD.page(ABSTRACT, "> <"), ERROR, "is a link without text"),
    "image without alt text": (
        GOOD.page("<p><img", f'<p><a href="{ARXIV}"><img')
        .page('65"></p>', '65"></a></p>')
        .page("A bee", ""),
        ERROR,
        "is a link without text",
    ),
    "vague": (GOOD.page(ABSTRACT, ">Read more<"), WARNING, "does not say where it leads"),
    "another site": (GOOD.page(ABSTRACT, ">www.bank.com<"), ERROR, "shows bank.com and leads to"),
    "another address": (
        GOOD.page(ABSTRACT, ">https://bank.example/login<"),
        ERROR,
        "shows bank.example and leads to arxiv.org",
    ),
    "no way to leave": (
        GOOD.page(">Unsubscribe<", ">Goodbye<").header("List-Unsubscribe", "<https://a.example/u>"),
        ERROR,
        "no link says how to leave",
    ),
    "same name twice": (
        GOOD.page(">bees</a>", ">Abstract</a>"),
        WARNING,
        "2 links of this name",
    ),
}  # fmt: skip

TEXT = {
    "empty": (replace(GOOD, text="\n"), ERROR, "is empty"),
    "tag": (GOOD.words("Bees dance", "<p>Bees dance"), ERROR, "holds an HTML tag"),
    "entity": (GOOD.words("Bees dance", "Bees &amp; dance"), ERROR, "holds an HTML entity"),
    "wide": (GOOD.words("Bees dance", "Bees dance and dance" * 4), WARNING, "wrap it at 78"),
    "wide in Chinese": (GOOD.words("Bees dance", "蜜蜂跳舞" * 10), WARNING, "wrap it at 78"),
    "three empty lines": (GOOD.words("we read it.\n", "we read it.\n\n\n"), WARNING, "empty lines"),
    "no way to leave": (
        GOOD.words("Unsubscribe: https://papers.example.org/u/26", "Goodbye").page(
            'href="https://papers.example.org/u/26"', 'href="mailto:papers@example.org"'
        ),
        ERROR,
        "text/plain: does not say how to leave",
    ),
    "no title": (GOOD.words("A Paper on Bees", "A Paper"), ERROR, "is a heading of the HTML"),
    "no link": (GOOD.words(f"{ARXIV}\n\n", ""), WARNING, "is a link of the HTML"),
    "own link": (
        GOOD.words("we read it.", "we read it. https://a.example/"),
        WARNING,
        "is a link of the text and not",
    ),
    "flowed quote": (
        replace(GOOD.words("Bees da", "> Bees da"), text_type=f"{GOOD.text_type}; format=flowed"),
        ERROR,
        "format=flowed wants a blank",
    ),
}  # fmt: skip

PREHEADER = "One paper on how bees dance, and what it means"
LOOKS = {
    "no preheader": (GOOD.page(PREHEADER, ""), WARNING, "preheader: is missing"),
    "short preheader": (GOOD.page(PREHEADER, "One paper"), WARNING, "has 9 characters"),
    "long preheader": (GOOD.page(PREHEADER, PREHEADER * 3), WARNING, "has 138 characters"),
    "preheader as subject": (
        GOOD.page(PREHEADER, GOOD.head["Subject"]),
        WARNING,
        "repeats the subject",
    ),
    "small type": (GOOD.page("<p>Bees", '<p style="font-size:13px">Bees'), WARNING, "in 13 px"),
    "tiny type": (GOOD.page("<p>Bees", '<p style="font-size:8pt">Bees'), ERROR, "in 10.67 px"),
    "half pixels": (GOOD.page("line-height:28px", "line-height:1.3"), WARNING, "of 28.6 px"),
    "pale in light": (
        GOOD.page("<p>Bees", '<p class="ink" style="color:#888888">Bees'),
        ERROR,
        "3.48 to 1 in light (#888888 on #fdfdfe); 4.5",
    ),
    "pale in dark": (
        GOOD.page(".ink{color:#e4e8ec !important}\n.link", ".ink{color:#777777 !important}\n.link"),
        ERROR,
        "to 1 in dark (#777777 on #181d23)",
    ),
    "pale in Outlook": (
        GOOD.page("[data-ogsc] .ink{color:#e4e8ec", "[data-ogsc] .ink{color:#777777"),
        ERROR,
        "to 1 in Outlook's dark (#777777 on #181d23)",
    ),
    "dark without !important": (
        GOOD.page("[data-ogsc] .ink{color:#e4e8ec !important}", "[data-ogsc] .ink{color:#fff}"),
        ERROR,
        "color for dark loses to 1 inline styles",
    ),
    "dark not declared": (
        GOOD.page(":root{color-scheme:light dark}\n", "").page(
            '<meta name="color-scheme" content="light dark">', ""
        ),
        WARNING,
        "is not declared",
    ),
    "link by colour alone": (
        GOOD.page('color:#0b57c2" href="#', 'color:#3a1a62;text-decoration:none" href="#'),
        WARNING,
        "underline it",
    ),
}  # fmt: skip

ALL = {
    f"{kind}: {name}": case
    for kind, cases in {
        "headers": HEADERS, "mime": MIME, "size": SIZE, "html": HTML, "css": CSS,
        "links": LINKS, "text": TEXT, "looks": LOOKS,
    }.items()
    for name, case in cases.items()
}  # fmt: skip


@pytest.mark.parametrize(("draft", "severity", "words"), ALL.values(), ids=ALL.keys())
def test_one_thing_is_wrong(draft: Draft, severity: Severity, words: str) -> None:
    found = proof_letter(draft.letter())
    assert [(each.severity, words in str(each)) for each in found] == [(severity, True)], found


def test_a_line_that_is_no_header_field_is_told() -> None:
    raw = GOOD.letter().replace(b"\r\n\r\n", b"\r\nno field\r\n\r\n", 1)
    (found,) = proof_letter(raw)
    assert str(found).startswith("error: headers: 'no field': is no header field")


def test_a_dark_rule_without_important_leaves_text_unreadable_in_dark() -> None:
    found = proof_letter(GOOD.page("#8ab8ff !important", "#8ab8ff").letter())
    assert [each.words for each in found] == [
        "2.54 to 1 in dark (#0b57c2 on #181d23); 4.5 is needed: move the two colours apart",
        "color for dark loses to 3 inline styles: add !important",
    ]


def test_a_cut_letter_is_told() -> None:
    whole = GOOD.letter()
    words = {each.words for each in proof_letter(whole[: len(whole) - 200])}
    assert "has no closing boundary; the letter is cut off" in words


def test_line_feeds_alone_are_told_once() -> None:
    (found,) = proof_letter(GOOD.letter().replace(b"\r\n", b"\n"))
    assert "end in LF; mail has CRLF" in str(found)


def test_a_bare_line_feed_is_told_with_its_line() -> None:
    (found,) = proof_letter(GOOD.letter().replace(b"dance, and we", b"dance,\nand we", 1))
    assert str(found) == (
        "error: mime: line 28: 1 bare CR or LF, which relays refuse or rewrite; end lines in CRLF"
    )


def test_the_same_thing_is_said_once_with_its_first_place_and_how_often() -> None:
    (found,) = proof_letter(GOOD.page("<p>Bees", "<div>one\n<div>two<p>Bees").letter())
    assert (found.times, found.where) == (2, "line 28")
    assert str(found).startswith("error: html: line 28 (and 1 more): <div> is not closed")


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n", b"\0\xff", b"Content-Type: text/html\r\n\r\n<", b"a\r\n" * 9]
)
def test_any_bytes_give_findings_and_no_exception(raw: bytes) -> None:
    assert proof_letter(raw)
