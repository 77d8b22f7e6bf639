"""A letter with nothing wrong in it, small enough to read, and ways to spoil it."""

from __future__ import annotations

import base64
import quopri
from dataclasses import dataclass, field, replace

HEAD = {
    "From": "Daily Papers <papers@example.org>",
    "To": "Ada Lovelace <ada@example.com>",
    "Subject": "Daily Papers, 23 Nov: A Paper on Bees",
    "Date": "Mon, 23 Nov 2026 06:00:00 +0000",
    "Message-ID": "<5658c11a2fa40158fa4df9705ab64c76@example.org>",
    "List-Unsubscribe": "<https://papers.example.org/u/26>,\r\n <mailto:papers@example.org>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "List-Id": '"Daily Papers" <papers.example.org>',
    "Precedence": "bulk",
    "Auto-Submitted": "auto-generated",
    "Content-Language": "en",
    "MIME-Version": "1.0",
}

TEXT = """\
Daily Papers
============
23 November 2026

A Paper on Bees
---------------
Bees dance, and we read it.

https://arxiv.org/abs/2611.00001

------------------------------------------------------------------------
Unsubscribe: https://papers.example.org/u/26
"""

HTML = """\
<!doctype html>
<html lang="en" dir="ltr">
<head>
<title>Daily Papers</title>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
:root{color-scheme:light dark}
@media (prefers-color-scheme:dark){
body,.card{background-color:#181d23 !important}
.ink{color:#e4e8ec !important}
.link{color:#8ab8ff !important}
}
[data-ogsc] .ink{color:#e4e8ec !important}
[data-ogsb] .card{background-color:#181d23 !important}
</style>
</head>
<body style="margin:0;background-color:#f3f4f6">
<div style="display:none;max-height:0;overflow:hidden">
One paper on how bees dance, and what it means&zwnj;&nbsp;</div>
<table class="card" role="presentation" width="640" style="background-color:#fdfdfe">
<tr><td class="ink" style="font-size:16px;line-height:24px;color:#1f2328">
<h1 style="font-size:26px;line-height:32px">23 November 2026</h1>
<p>To the <a class="link" style="color:#0b57c2" href="#bees">bees</a> of today</p>
<h2 style="font-size:22px;line-height:28px"><a id="bees" name="bees">A Paper on Bees</a></h2>
<p><img src="https://papers.example.org/bee.png" alt="A bee" width="120" height="65"></p>
<p>Bees dance, and we read it.
<a class="link" style="color:#0b57c2" href="https://arxiv.org/abs/2611.00001">Abstract</a></p>
<p><a class="link" style="color:#0b57c2" href="https://papers.example.org/u/26">Unsubscribe</a></p>
</td></tr>
</table>
</body>
</html>
"""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a letter is made of. `encoding` is the HTML part's."""

    head: dict[str, str] = field(default_factory=lambda: dict(HEAD))
    text: str = TEXT
    html: str = HTML
    text_type: str = "text/plain; charset=utf-8"
    html_type: str = "text/html; charset=utf-8"
    encoding: str = "8bit"
    boundary: str = "=_part"

    def header(self, name: str, value: str | None) -> Draft:
        """With another value of a header, or without it."""
        rest = {key: old for key, old in self.head.items() if key != name}
        return replace(self, head=rest if value is None else rest | {name: value})

    def page(self, old: str, new: str) -> Draft:
        """With `new` in place of what stands once or more in the HTML."""
        assert old in self.html, old
        return replace(self, html=self.html.replace(old, new))

    def words(self, old: str, new: str) -> Draft:
        """The same in the text part."""
        assert old in self.text, old
        return replace(self, text=self.text.replace(old, new))

    def letter(self) -> bytes:
        """The bytes, as they would leave."""
        head = self.head | {
            "Content-Type": f'multipart/alternative;\r\n boundary="{self.boundary}"',
            "Content-Transfer-Encoding": "8bit",
        }
        lines = [f"{name}: {value}" for name, value in head.items()]
        parts = (
            self.part(self.text_type, "8bit", self.text.encode()),
            self.part(self.html_type, self.encoding, self.html.encode()),
        )
        return b"".join(
            (
                "\r\n".join([*lines, "", ""]).encode(),
                *(f"--{self.boundary}\r\n".encode() + part for part in parts),
                f"--{self.boundary}--\r\n".encode(),
            )
        )

    @staticmethod
    def part(kind: str, encoding: str, content: bytes) -> bytes:
        """One part with its header."""
        if encoding == "quoted-printable":
            content = quopri.encodestring(content)
        elif encoding == "base64":
            content = base64.encodebytes(content)
        head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        return head + content.replace(b"\n", b"\r\n") + b"\r\n"
