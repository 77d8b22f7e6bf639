"""1,000 readers with 20 different choices get exactly what they asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.newsroom import (
    Newsroom,
    Sections,
    html_of,
    mail_server,
    paper,
    sections_in_html,
    sections_in_text,
)

#: Each theme with the word by which its rule knows its papers.
THEMES = {
    "Robots & hands": "gripper",
    "Reading machines": "parser",
    "Seeing machines": "camera",
    "Safety & alignment": "jailbreak",
    "Sound": "microphone",
    "Proteins": "folding",
}
#: A second word that every fourth paper carries, whatever its theme, and every ninth another.
EXTRA, OTHER = "benchmark", "survey"
COUNT = 48


def _papers() -> list[dict[str, Any]]:
    words = list(THEMES.values())
    made = []
    for n in range(COUNT):
        said = [words[n % 6]] + [EXTRA] * (n % 4 == 0) + [OTHER] * (n % 9 == 0)
        abstract = f"It is about the {' and the '.join(said)}. " + "Long words follow here. " * 40
        made.append(paper(n, abstract=abstract, authors=["Ann Author", f"Zoë Writer{n}"]))
    return made


def _is(*themes: str) -> Callable[[int], bool]:
    names = list(THEMES)
    return lambda n: names[n % 6] in themes


Wish = tuple[dict[str, Any], Callable[[int], bool], int | None]
#: What a reader writes, which papers that means, and how many of the best.
WISHES: list[Wish] = [
    ({}, lambda n: True, None),
    ({"format": "text"}, lambda n: True, None),
    ({"max_papers": 7}, lambda n: True, 7),
    ({"max_papers": 1, "format": "text"}, lambda n: True, 1),
    ({"themes": ["Sound"]}, _is("Sound"), None),
    ({"themes": ["sound", "PROTEINS"]}, _is("Sound", "Proteins"), None),
    ({"themes": ["*machines"]}, _is("Reading machines", "Seeing machines"), None),
    ({"themes": ["Robots*"], "format": "text"}, _is("Robots & hands"), None),
    ({"themes": ["Safety & alignment"], "max_papers": 3}, _is("Safety & alignment"), 3),
    ({"themes": ["*"]}, lambda n: True, None),
    ({"keywords": [EXTRA]}, lambda n: n % 4 == 0, None),
    ({"keywords": [EXTRA, OTHER], "max_papers": 5}, lambda n: n % 4 == 0 or n % 9 == 0, 5),
    ({"keywords": ["no such thing", "CAMERA"]}, _is("Seeing machines"), None),
    ({"themes": ["Sound"], "keywords": [OTHER]}, lambda n: n % 6 == 4 or n % 9 == 0, None),
    ({"exclude": [EXTRA]}, lambda n: n % 4 != 0, None),
    ({"exclude": ["gripper", "parser", "camera"]}, lambda n: n % 6 > 2, None),
    ({"themes": ["Robots & hands"], "exclude": [EXTRA, OTHER]},
     lambda n: n % 6 == 0 and n % 4 > 0 and n % 9 > 0, None),
    ({"keywords": [EXTRA], "exclude": ["Sound"], "format": "text"},
     lambda n: n % 4 == 0 and n % 6 != 4, None),
    ({"keywords": ["author:zoe writer7"]}, lambda n: n == 7, None),
    ({"themes": ["Nothing of the kind"]}, lambda n: False, None),
]  # fmt: skip


def _wanted(wish: Wish) -> Sections:
    """What the letter should hold; the fewer its number, the more votes a paper has."""
    _, asked, most = wish
    wanted: Sections = {}
    for n in [n for n in range(COUNT) if asked(n)][:most]:
        wanted.setdefault(list(THEMES)[n % 6], []).append(f"Numbered study {n:03d}")
    return wanted


@pytest.fixture(scope="module")
def delivered(tmp_path_factory):
    """One real run to 1,000 readers: the letters by address, and the room."""
    room = Newsroom(tmp_path_factory.mktemp("choices"))
    rules = [{"name": name, "keywords": [word]} for name, word in THEMES.items()]
    room.configure(themes={"discover": False, "rules": rules}, edition={"max_papers": 60})
    room.write_papers(_papers())
    wishes = [WISHES[n % 20][0] for n in range(1000)]
    room.write_readers([{"email": f"r{n}@example.org"} | wish for n, wish in enumerate(wishes)])
    with mail_server() as server:
        room.mail_by(server.port)
        done = room.run("run")
        assert (done.code, done.out, done.err) == (0, "", "")
        assert server.violations == []
        yield room, list(server.letters)


def test_each_reader_gets_the_sections_and_papers_asked_for(delivered):
    _, letters = delivered
    titles = frozenset(f"Numbered study {n:03d}" for n in range(COUNT))
    for recipient, letter in letters:
        wish = WISHES[int(recipient[1:].partition("@")[0]) % 20]
        wanted = _wanted(wish)
        assert str(letter["To"]) == recipient
        assert sections_in_text(letter, titles) == wanted, recipient
        if wish[0].get("format") == "text":
            assert html_of(letter) == ""
        else:
            assert sections_in_html(letter, titles) == wanted, recipient
            assert len(html_of(letter).encode()) < 100_000


def test_everyone_with_a_match_gets_one_letter_and_nobody_else(delivered):
    room, letters = delivered
    served = [n for n in range(1000) if _wanted(WISHES[n % 20])]
    expected = Counter({f"r{n}@example.org": 1 for n in served})
    assert Counter(recipient for recipient, _ in letters) == expected
    facts = room.status()
    assert (facts["sent"], facts["skipped"], facts["total"]) == (950, 50, 1000)


def test_sections_stand_in_the_order_of_the_edition(delivered):
    room, letters = delivered
    edition = room.run("editions", "show", "2026-11-23", "--json").json
    order = [section["theme"] for section in edition["sections"]]
    titles = frozenset(p["title"] for section in edition["sections"] for p in section["papers"])
    assert sorted(order) == sorted(THEMES)
    for _, letter in letters[:200]:
        themes = list(sections_in_text(letter, titles))
        assert themes == sorted(themes, key=order.index)
