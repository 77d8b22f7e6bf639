"""What rendering costs, and each letter after it, beside a template for every reader."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from digest.app.deliver import run_fast
from digest.app.press import Press
from digest.mailing.choice import choose_papers
from digest.mailing.dkim import Signer, parse_signer
from digest.mailing.letter import LetterWriter
from digest.model import Edition, EmailAddress, Recipient, Rendition, Subscriber
from digest.rendering.render import render_edition
from digest.storage.templates import load_template_set
from tests.bench.rooms import CONNECTIONS
from tests.bench.row import Row, cpu_seconds, interleaved
from tests.support.renditions import (
    KEYS,
    NOON,
    make_newsletter,
    make_recipient,
    plain_edition,
)

READERS = 10_000
_SAMPLE = 5
_LETTERS = 2_000
_SIGNED = 20_000
_PEER = """<!doctype html><html><head><style>
h2 { color: #333; font-size: 22px } h3 { font-size: 17px; margin: 0 } p { line-height: 1.5 }
a { color: #0645ad } .foot { color: #777; font-size: 12px }
</style></head><body><p>Dear {{ name }},</p>
{% for section in sections %}<h2>{{ section.theme }}</h2>
{% for paper in section.papers %}<h3><a href="https://example.org/{{ loop.index }}">
{{ paper.title }}</a></h3><p>{{ paper.abstract }}</p>
{% endfor %}{% endfor %}
<p class="foot"><a href="https://example.org/u/{{ token }}">unsubscribe</a></p></body></html>"""


def measure_writing(rounds: int) -> list[Row]:
    """Rows on CPU time per letter, of one core, after imports."""
    edition, newsletter = _edition(), make_newsletter()
    templates = load_template_set("daily", Path(__file__).parent)
    rendition = render_edition(edition, templates, newsletter)
    writer, recipients = _writer(edition, rendition)
    last = writer.write(recipients[0]).content

    def render() -> float:
        return cpu_seconds(lambda: render_edition(edition, templates, newsletter))

    def write() -> float:
        # Joined, which only the peer's way of sending needs.
        return cpu_seconds(lambda: [writer.write(each).stuffed for each in recipients]) / _LETTERS

    def template() -> float:
        return _per_reader(edition)

    def message() -> float:
        return cpu_seconds(lambda: [_message(rendition, n) for n in range(20)]) / 20

    rendered, written, templated, built = interleaved([render, write, template, message], rounds)
    ours = (rendered + written * READERS) / READERS
    what = f"a letter of {len(edition.papers)} papers, at {READERS:,} readers"
    note = (
        f"one render {rendered * 1000:.0f} ms + {written * 1e6:.0f} µs a letter; "
        f"peer extrapolated from {_SAMPLE} letters a round"
    )
    size = f"letters of {len(last) / 1000:.0f} KB written, one core"
    return [
        Row(what, "jinja2 + premailer each", ours * 1000, templated * 1000, "CPU ms", False, note),
        Row(size, "EmailMessage.as_bytes", 1 / written, 1 / built, "letters/s"),
    ]


def signed_rate(key: str) -> float:
    """Letters of 30 KB written and signed a second, on all cores as a run does it."""
    edition, newsletter = _edition(6, 4, 3, 1), make_newsletter()
    rendition = render_edition(
        edition, load_template_set("daily", Path(__file__).parent), newsletter
    )
    signer = parse_signer(key, selector="bench", domain="example.org", where="the bench")
    return run_fast(lambda: _press(*_writer(edition, rendition, signer)))


async def _press(writer: LetterWriter, recipients: list[Recipient]) -> float:
    wanted = iter(recipients * (_SIGNED // _LETTERS))

    async def work() -> None:
        for recipient in wanted:
            assert (await press.write(recipient)).octets

    async with Press(writer) as press:
        await press.write(recipients[0])
        begin = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
        return _SIGNED / (time.perf_counter() - begin)


def _edition(*sizes: int) -> Edition:
    abstract = "We look into the matter, count what there is, and find that it holds. " * 6
    edition = plain_edition(sizes or (40, 30, 20, 10))
    sections = tuple(
        replace(
            section, papers=tuple(replace(paper, abstract=abstract) for paper in section.papers)
        )
        for section in edition.sections
    )
    return replace(edition, sections=sections)


def _writer(
    edition: Edition, rendition: Rendition, *signers: Signer
) -> tuple[LetterWriter, list[Recipient]]:
    reader = Subscriber(address=EmailAddress.parse("ada@example.com"))
    choice = choose_papers(edition, reader)
    choices = {choice.segment: choice}
    writer = LetterWriter(rendition, choices, make_newsletter(), KEYS, NOON, signers=signers)
    recipients = [
        make_recipient(choice.segment, address=f"reader{n}@example.com", name=f"Reader {n}")
        for n in range(_LETTERS)
    ]
    writer.write(recipients[0])
    return writer, recipients


def _per_reader(edition: Edition) -> float:
    from jinja2 import Environment
    from premailer import Premailer

    template = Environment(autoescape=True).from_string(_PEER)

    def letter(number: int) -> str:
        markup = template.render(name=f"Reader {number}", token=number, sections=edition.sections)
        return str(Premailer(markup, disable_validation=True).transform())

    return cpu_seconds(lambda: [letter(n) for n in range(_SAMPLE)]) / _SAMPLE


def _message(rendition: Rendition, number: int) -> bytes:
    """The same words, put into MIME by the standard library."""
    papers = [paper for section in rendition.sections for paper in section.papers]
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"] = "papers@example.org", f"reader{number}@example.com"
    letter["Subject"] = "Daily Papers"
    letter.set_content("".join("".join(p.brief.text.literals) for p in papers))
    letter.add_alternative("".join("".join(p.brief.html.literals) for p in papers), subtype="html")
    return letter.as_bytes()
