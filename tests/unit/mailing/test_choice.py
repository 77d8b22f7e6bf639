"""Which papers a reader gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mailing.choice import Choice, Chooser, choose_papers
from digest.mailing.matching import fits
from digest.model import Edition, EmailAddress, Format, Subscriber
from tests.support.renditions import make_edition, make_paper, plain_edition

EDITION = make_edition(
    [
        (
            "Safety & alignment",
            [
                make_paper(1, title="Red-Teaming Large Models", score=5.0, authors=("Ada Byron",)),
                make_paper(2, title="A Smart Reward", score=9.0, categories=("cs.LG", "stat.ML")),
            ],
        ),
        (
            "Robotics",
            [
                make_paper(3, title="Grasping in C++", score=9.0, authors=("Émile Noether",)),
                make_paper(4, title="Walking robots", keywords=("state of the art",)),
            ],
        ),
        ("Chemistry", [make_paper(5, title="大型语言模型的强化学习", score=1.0)]),
    ]
)


def reader(**wishes: object) -> Subscriber:
    return Subscriber(address=EmailAddress.parse("ada@example.org"), **wishes)  # type: ignore[arg-type]


def chosen(edition: Edition = EDITION, **wishes: object) -> list[int]:
    """The numbers of the papers chosen."""
    choice = choose_papers(edition, reader(**wishes))
    return [
        int(section.papers[n].id.value[-5:])
        for section, indexes in zip(edition.sections, choice.papers, strict=True)
        for n in indexes
    ]


def test_no_wish_means_everything() -> None:
    assert chosen() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("pattern", "papers"),
    [
        ("robotics", [3, 4]),
        ("  SAFETY   & Alignment ", [1, 2]),
        ("*", [1, 2, 3, 4, 5]),
        ("*o*i*", [3, 4]),
        ("Saf*", [1, 2]),
        ("robot", []),
        ("[RS]obotics", []),
        ("?obotics", []),
    ],
)
def test_a_theme_is_its_whole_section_by_name(pattern: str, papers: list[int]) -> None:
    assert chosen(themes=(pattern,)) == papers


@pytest.mark.parametrize(
    ("word", "papers"),
    [
        ("red teaming", [1]),
        ("RED-TEAMING", [1]),
        ("team", []),
        ("art", [4]),
        ("C++", [3]),
        ("C", []),
        ("强化学习", [5]),
        ("models we", []),
        ("!!", []),
        ("author:byron", [1]),
        ("Author: Byron, Ada", [1]),
        ("author:E. Noether", [3]),
        ("author:", []),
        ("category:cs.*", [2]),
        ("category:STAT.ml", [2]),
        ("category:cs", [2]),
        ("category:", []),
    ],
)
def test_a_keyword_is_a_phrase_between_word_boundaries(word: str, papers: list[int]) -> None:
    assert chosen(keywords=(word,)) == papers


def test_themes_and_keywords_unite() -> None:
    assert chosen(themes=("Robotics",), keywords=("reward",)) == [2, 3, 4]


@pytest.mark.parametrize(
    ("word", "papers"),
    [("Robotics", [1, 2, 5]), ("author:Byron", [2, 3, 4, 5]), ("walking robots", [1, 2, 3, 5])],
)
def test_exclude_always_wins(word: str, papers: list[int]) -> None:
    assert chosen(themes=("*",), exclude=(word,)) == papers
    assert chosen(exclude=(word,)) == papers


def test_max_papers_keeps_the_best_scores_in_the_editions_order() -> None:
    assert chosen(max_papers=3) == [1, 2, 3]
    assert chosen(max_papers=1) == [2], "equal scores: the earlier paper"
    assert chosen(themes=("Robotics", "Chemistry"), max_papers=2) == [3, 5], "no score is last"
    assert chosen(max_papers=99) == [1, 2, 3, 4, 5]


def test_readers_with_equal_wishes_share_one_choice() -> None:
    chooser = Chooser(EDITION)
    first = chooser.choose(reader(themes=("Robotics",)))
    assert chooser.choose(reader(themes=("Robotics",))) is first
    assert chooser.choose(reader(themes=("robo*",))) is first, "another wish, the same papers"
    assert chooser.choose(reader(themes=("Robotics",), format=Format.TEXT)).segment != first.segment


WORDS = st.sampled_from(["*", "Vision", "robotics", "paper number 1", "author:x", "made-up", "zzz"])
WISHES = st.fixed_dictionaries(
    {
        "themes": st.lists(WORDS, max_size=3).map(tuple),
        "keywords": st.lists(WORDS, max_size=3).map(tuple),
        "exclude": st.lists(WORDS, max_size=2).map(tuple),
        "max_papers": st.none() | st.integers(1, 12),
        "format": st.sampled_from(Format),
    }
)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=6), WISHES)
def test_every_choice_survives_json_with_its_name(sizes: list[int], wishes: dict) -> None:
    choice = choose_papers(plain_edition(sizes), reader(**wishes))
    again = Choice.from_json(choice.to_json())
    assert (again, again.segment, hash(again)) == (choice, choice.segment, hash(choice))
    assert choice.count <= (wishes["max_papers"] or 99)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format":"pdf","papers":[]}',
        '{"format":"html","papers":[[1,1]]}',
        '{"format":"html","papers":[[-1]]}',
    ],
)
def test_what_is_no_choice_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="not a choice"):
        Choice.from_json(text)


@given(st.text("ab", max_size=8), st.text("ab*", max_size=6))
def test_the_star_means_any_text(name: str, pattern: str) -> None:
    import re

    regex = ".*".join(map(re.escape, pattern.split("*")))
    assert fits(pattern, name) == bool(re.fullmatch(regex, name, re.DOTALL))
