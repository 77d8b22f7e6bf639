"""Letters from the shipped template set, from edition to received bytes."""

from dataclasses import replace

import pytest

from digest.mailing.assemble import BUDGET
from digest.mailing.choice import choose_papers
from digest.mailing.letter import LetterWriter
from digest.model import EmailAddress, Subscriber
from digest.rendering.render import render_edition
from tests.support.letters import parse_letter, parts_of
from tests.support.renditions import KEYS, NOON, make_newsletter, make_recipient, plain_edition
from tests.support.templates import shipped_templates


@pytest.mark.parametrize("leads", [0, 3, 10])
@pytest.mark.parametrize("sizes", [[1], [6, 4], [40, 30, 30], [400, 400]])
def test_shipped_templates_give_whole_letters_within_the_budget(
    sizes: list[int], leads: int
) -> None:
    edition, newsletter = plain_edition(sizes), make_newsletter()
    edition = replace(edition, lead=tuple(paper.id for paper in edition.papers[::-1][:leads]))
    rendition = render_edition(edition, shipped_templates(), newsletter)
    choice = choose_papers(edition, Subscriber(address=EmailAddress.parse("ada@example.com")))
    writer = LetterWriter(rendition, {choice.segment: choice}, newsletter, KEYS, NOON)
    letter = writer.write(make_recipient(choice.segment))
    parts = parts_of(letter.content)
    kept = writer.assembled(choice.segment)
    assert len(parts["html"]) <= BUDGET
    assert len(kept.papers) + kept.shortened.left_out == sum(sizes)
    assert parts["html"].decode().rstrip().endswith("</html>")
    assert "https://digest.example.org/u/" in parts["text"].decode()
    titles = {str(paper.id): paper.title for paper in edition.papers}
    for body in parts.values():
        words = " ".join(body.decode().split())
        assert all(titles[paper] in words for paper in kept.papers)
    assert not parse_letter(letter.content).defects
