"""A proof that cries wolf is not read: good letters have no findings."""

from __future__ import annotations

import pytest

from digest.proofing import proof_letter
from tests.support.proofs import Draft


@pytest.mark.parametrize("encoding", ["8bit", "quoted-printable", "base64"])
def test_a_good_letter_has_no_findings_however_it_is_encoded(encoding: str) -> None:
    assert proof_letter(Draft(encoding=encoding).letter()) == ()


GOOD = {
    "a subject in encoded words": Draft().header(
        "Subject", "=?utf-8?q?B=C3=A9b=C3=A9?=\r\n =?utf-8?b?5pel5pys6Kqe?= and more"
    ),
    "an address that is not ASCII takes SMTPUTF8": Draft().header("To", "<bébé@example.com>"),
    "a trial on this machine itself": Draft(
        text=Draft().text.replace("https://papers.example.org", "http://localhost:8000"),
        html=Draft().html.replace("https://papers.example.org", "http://localhost:8000"),
    ).header("List-Unsubscribe", "<http://localhost:8000/u/26>"),
    "a date without its day": Draft().header("Date", "23 Nov 2026 06:00:00 +0000"),
    "a List-Id without a name": Draft().header("List-Id", "<papers.example.org>"),
    "Outlook's own HTML": Draft().page(
        "<body", "<!--[if mso]><style>/* a */ td{x:y}</style><table><tr><![endif]--><body"
    ),
    "a title about a tag": Draft()
    .page("A Paper on Bees", "A Paper on &lt;b&gt; &amp;amp;")
    .words("A Paper on Bees", "A Paper on <b> &amp;"),
    "a formula that is set in another way": Draft()
    .page("A Paper on Bees", "Bees in O(n<sup>2</sup>)")
    .words("A Paper on Bees", "Bees in O(n^2)"),
    "a wrapped title": Draft().words("A Paper on Bees", "A Paper\non Bees"),
    "a signature over the list headers": Draft().header(
        "DKIM-Signature",
        "v=1; a=rsa-sha256; d=example.org; s=s; bh=aa; b=bb;\r\n"
        " h=From:From:Subject:Date:List-Unsubscribe:List-Unsubscribe-Post",
    ),
    "a long link in the text part": Draft()
    .page("2611.00001", "2611." + "0" * 90)
    .words("2611.00001", "2611." + "0" * 90),
    "a link in brackets": Draft().words(
        "https://arxiv.org/abs/2611.00001", "See (https://arxiv.org/abs/2611.00001)."
    ),
    "a flowed text part": Draft(text_type="text/plain; charset=utf-8; format=flowed").words(
        "Bees dance, and", "Bees dance, \nand"
    ),
    "a title that names a program": Draft().page(">Abstract<", ">Node.js<"),
    "a link that shows its own site": Draft().page(">Abstract<", ">arxiv.org<"),
    "a table of figures": Draft().page("<p>Bees", "<table><tr><th>n</th></tr></table><p>Bees"),
    "an unquoted, an uppercase and a bare attribute": Draft().page(
        '<td class="ink"', '<TD VALIGN=top nowrap class="ink"'
    ),
    "an index in small type": Draft()
    .page("Bees dance", "H<sub>2</sub>O bees dance")
    .words("Bees dance", "H2O bees dance"),
    "large type with less contrast": Draft().page(
        "line-height:32px", "line-height:32px;color:#888888"
    ),
    "right to left": Draft()
    .page('lang="en" dir="ltr"', 'lang="ar" dir="rtl"')
    .header("Content-Language", "ar"),
}


@pytest.mark.parametrize("draft", GOOD.values(), ids=GOOD.keys())
def test_what_is_unusual_and_right_is_no_finding(draft: Draft) -> None:
    assert proof_letter(draft.letter()) == ()


def test_a_text_letter_is_not_asked_for_html() -> None:
    good = Draft()
    head = "".join(f"{name}: {value}\r\n" for name, value in good.head.items())
    raw = head.encode() + good.part(good.text_type, "8bit", good.text.encode())
    assert proof_letter(raw) == ()
