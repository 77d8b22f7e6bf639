"""When an edition goes out: the verdicts against the rules of the config."""

from __future__ import annotations

import pytest

from digest.config import EditionConfig
from digest.editorial.decide import decide, usable
from digest.model import Paper, PaperId, SourceReport, Verdict


def reports(text: str) -> list[SourceReport]:
    """`fresh quiet! partial:0`: a verdict each, ! for required, papers behind the colon."""
    found = []
    for number, word in enumerate(text.split()):
        verdict, _, papers = word.rstrip("!").partition(":")
        found.append(
            SourceReport(
                source=f"s{number}",
                kind="feed",
                verdict=Verdict(verdict),
                papers=int(papers or (0 if verdict in ("quiet", "down") else 5)),
                reason=f"reason {number}",
                required=word.endswith("!"),
            )
        )
    return found


@pytest.mark.parametrize(
    ("sources", "config", "kind"),
    [
        ("", {}, "quiet"),
        ("fresh", {}, "send"),
        ("quiet quiet", {}, "quiet"),
        ("stale", {}, "later"),
        ("down quiet", {}, "later"),
        ("stale down", {}, "later"),
        ("fresh stale down quiet", {}, "send"),
        ("partial", {}, "send"),
        ("partial:0 quiet", {}, "later"),
        ("fresh quiet", {"send_when": "all"}, "send"),
        ("fresh down", {"send_when": "all"}, "later"),
        ("fresh stale", {"send_when": "all"}, "later"),
        ("fresh stale", {"send_when": "all", "accept_stale": True}, "send"),
        ("quiet quiet", {"send_when": "all"}, "quiet"),
        ("fresh stale!", {}, "later"),
        ("fresh down!", {}, "later"),
        ("fresh quiet!", {}, "send"),
        ("fresh partial!", {}, "send"),
        ("fresh stale!", {"accept_stale": True}, "send"),
        ("stale", {"accept_stale": True}, "send"),
        ("stale:0", {"accept_stale": True}, "later"),
        ("down", {"accept_stale": True}, "later"),
    ],
)
def test_the_table_of_decisions(sources: str, config: dict[str, object], kind: str) -> None:
    decision = decide(reports(sources), EditionConfig(**config))
    assert decision.kind == kind
    assert decision.reason


def test_the_reason_names_who_is_missing_and_why() -> None:
    later = decide(reports("stale down"), EditionConfig())
    assert later.reason == "s0 is stale (reason 0); s1 is down (reason 1)"
    sent = decide(reports("fresh down"), EditionConfig())
    assert "without s1 is down (reason 1)" in sent.reason


def test_stale_papers_are_left_out_unless_another_source_vouches() -> None:
    def paper(number: int, *sources: str) -> Paper:
        return Paper(ids=(PaperId("arxiv", str(number)),), title="T", sources=sources)

    found = [paper(1, "s0"), paper(2, "s1"), paper(3, "s0", "s1"), paper(4)]
    verdicts = reports("fresh stale")
    assert [p.id.value for p in usable(verdicts, found, EditionConfig())] == ["1", "3", "4"]
    assert len(usable(verdicts, found, EditionConfig(accept_stale=True))) == 4
