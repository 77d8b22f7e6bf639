"""What it costs to render an edition, beside mjml (npm), and a letter, beside rendering each."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from digest.mailing.choice import choose_papers
from digest.mailing.letter import LetterWriter
from digest.model import Edition, Subscriber
from digest.rendering.inlining import inline_styles
from digest.rendering.render import HTML, TEXT, fill_templates, render_edition
from digest.rendering.shell import compile_mjml
from digest.storage.templates import load_template_set
from tests.bench.row import Row, cpu_seconds, interleaved
from tests.support.real_letters import NEWSLETTER, real_edition
from tests.support.renditions import KEYS, NOON, EmailAddress, make_recipient

PAPERS = 100
READERS = 10_000
_LETTERS = 2_000
_SAMPLE = 5
_MJML = "mjml@5"
# Reads MJML from a file, renders it as often as told, prints CPU milliseconds a time.
_NODE = """
const { readFileSync } = require('fs'), mjml2html = require('mjml');
const source = readFileSync(process.argv[1], 'utf8'), times = Number(process.argv[2]);
(async () => {
  await mjml2html(source);
  const begin = process.cpuUsage();
  for (let n = 0; n < times; n++) await mjml2html(source);
  const used = process.cpuUsage(begin);
  console.log(JSON.stringify((used.user + used.system) / 1000 / times));
})();
"""


def measure_rendering(folder: Path, rounds: int) -> list[Row]:
    """Rows on CPU time of one core, after imports; `folder` is for what the peers need."""
    edition = real_edition(PAPERS)
    templates = load_template_set("daily", folder)
    mjml, _ = fill_templates(edition, templates, NEWSLETTER, (HTML, TEXT))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "letter.mjml").write_text(mjml, "utf-8")

    def edition_once() -> float:
        return cpu_seconds(lambda: render_edition(edition, templates, NEWSLETTER))

    def shell() -> float:
        return cpu_seconds(lambda: compile_mjml(mjml, templates))

    def each() -> float:
        def letter() -> None:
            page, text = fill_templates(edition, templates, NEWSLETTER, (HTML, TEXT))
            _message(inline_styles(compile_mjml(page, templates)), text)

        return cpu_seconds(lambda: [letter() for _ in range(_SAMPLE)]) / _SAMPLE

    works: list[Callable[[], float]] = [edition_once, shell, _letters(edition), each]
    works.append(_mailmerge(edition, folder))
    node = _npm(folder)
    if node:
        works.append(node)
    once, ours, letter, keila, merged, *npm = interleaved(works, rounds)
    a_letter = (once + letter * READERS) / READERS
    what = f"a letter of {PAPERS} papers at {READERS:,} readers"
    note = f"one render {once * 1000:.0f} ms + {letter * 1e6:.0f} µs a letter"
    mine = f"peer extrapolated from {_SAMPLE} letters a round"
    rows = [
        Row(what, "template, MJML, inliner each (Keila's way)", a_letter * 1000, keila * 1000,
            "CPU ms", False, f"{note}; {mine}"),
        Row(what, "mailmerge", a_letter * 1000, merged * 1000, "CPU ms", False, mine),
    ]  # fmt: skip
    what = f"MJML of {PAPERS} papers in three lengths to HTML"
    rows += [Row(what, "mjml (npm)", ours * 1000, each, "CPU ms", False) for each in npm]
    what = f"the edition of {PAPERS} papers: both parts as blocks, styles inlined"
    rows += [Row(what, "its MJML alone by mjml (npm)", once * 1000, each, "CPU ms", False)
             for each in npm]  # fmt: skip
    return rows


def _letters(edition: Edition) -> Callable[[], float]:
    rendition = render_edition(edition, load_template_set("daily", Path("/nowhere")), NEWSLETTER)
    choice = choose_papers(edition, Subscriber(address=EmailAddress.parse("ada@example.org")))
    writer = LetterWriter(rendition, {choice.segment: choice}, NEWSLETTER, KEYS, NOON)
    from dataclasses import replace

    recipients = [
        replace(
            make_recipient(choice.segment, address=f"reader{n}@example.org", name=f"Reader {n}"),
            edition=edition.key,
        )
        for n in range(_LETTERS)
    ]
    writer.write(recipients[0])
    return lambda: cpu_seconds(lambda: [writer.write(each) for each in recipients]) / _LETTERS


def _message(html: str, text: str) -> bytes:
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"] = "papers@example.org", "reader@example.org"
    letter["Subject"] = "Daily Papers"
    letter.set_content(text)
    letter.add_alternative(html, subtype="html")
    return letter.as_bytes()


def _mailmerge(edition: Edition, folder: Path) -> Callable[[], float]:
    """mailmerge as it is meant to be used: one Jinja2 template of the whole message."""
    from mailmerge.template_message import TemplateMessage

    template = folder / "mailmerge_template.txt"
    template.write_text(_TEMPLATE, "utf-8")
    message = TemplateMessage(template)
    sections = [
        {"theme": section.theme, "papers": [(p.title, p.url, p.abstract) for p in section.papers]}
        for section in edition.sections
    ]

    def letter(number: int) -> bytes:
        context = {"email": f"reader{number}@example.org", "name": f"Reader {number}"}
        return bytes(message.render({**context, "sections": sections})[2].as_bytes())

    return lambda: cpu_seconds(lambda: [letter(n) for n in range(_SAMPLE)]) / _SAMPLE


def _npm(folder: Path) -> Callable[[], float] | None:
    """mjml from npm, installed into `folder`; None where there is no npm."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        return None
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
    subprocess.run([*command, _MJML], check=True, capture_output=True)

    def run() -> float:
        words = [node, "-e", _NODE, str(folder / "letter.mjml"), "5"]
        done = subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True)
        return float(json.loads(done.stdout))

    return run


_TEMPLATE = """\
TO: {{ email }}
FROM: papers@example.org
SUBJECT: Daily Papers
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="boundary"

--boundary
Content-Type: text/plain; charset=utf-8

Dear {{ name }},
{% for section in sections %}
{{ section.theme }}
{% for title, url, abstract in section.papers %}
{{ title }}
{{ abstract }}
{{ url }}
{% endfor %}{% endfor %}
--boundary
Content-Type: text/html; charset=utf-8

<html><body><p>Dear {{ name | e }},</p>
{% for section in sections %}<h2>{{ section.theme | e }}</h2>
{% for title, url, abstract in section.papers %}
<h3><a href="{{ url | e }}">{{ title | e }}</a></h3><p>{{ abstract | e }}</p>
{% endfor %}{% endfor %}</body></html>
--boundary--
"""
