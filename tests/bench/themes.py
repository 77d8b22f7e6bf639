"""`make bench-themes`: themes against the labels of people, beside plain ways of grouping."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from statistics import mean

from rich.console import Console
from rich.table import Table
from sklearn.cluster import AgglomerativeClustering
from sklearn.feature_extraction.text import TfidfVectorizer

from digest.config import ThemesConfig
from digest.editorial.discovery import theme_count
from digest.editorial.rules import Topics
from digest.editorial.themes import group_papers
from digest.editorial.words import PaperWords
from digest.model import Paper, Section
from tests.support.agreement import Agreement, agreement
from tests.support.knowing import shipped_knowledge
from tests.support.labelled_days import CHECKED, LABELLED, labelled_day, labels

_ROOT = Path(__file__).parents[2]
# Without this module's own imports, which no run of ours needs.
_OURS = (
    "from digest.config import ThemesConfig;from digest.editorial.themes import group_papers;"
    "from tests.support.knowing import shipped_knowledge;"
    "from tests.support.labelled_days import labelled_day;"
    "group_papers(labelled_day('acl2020_day'),ThemesConfig(),shipped_knowledge());"
    "import time;print(time.process_time())"
)
_PEER = (
    "from tests.bench.themes import by_words;from tests.support.labelled_days import labelled_day;"
    "by_words(labelled_day('acl2020_day'));import time;print(time.process_time())"
)

Way = Callable[[Sequence[Paper]], Sequence[Section]]


def ours(papers: Sequence[Paper]) -> Sequence[Section]:
    """Sections as `digest compose` makes them, with the shipped themes."""
    return group_papers(papers, ThemesConfig(), shipped_knowledge())


def by_words(papers: Sequence[Paper]) -> Sequence[Section]:
    """TF-IDF and Ward's clustering, with as many groups as we would make."""
    texts = [f"{p.title} {p.abstract}" for p in papers]
    matrix = TfidfVectorizer(stop_words="english", sublinear_tf=True).fit_transform(texts)
    ward = AgglomerativeClustering(n_clusters=theme_count(len(papers)))
    return _sections(papers, [str(n) for n in ward.fit_predict(matrix.toarray())])


def by_phrases(papers: Sequence[Paper]) -> Sequence[Section]:
    """The theme whose phrases claim a paper most, and nothing else."""
    topics = Topics(shipped_knowledge().topics)
    found = [topics.match(p, PaperWords.of(p, topics.longest)) for p in papers]
    return _sections(papers, [m[0].topic if m else "Other" for m in found])


def _sections(papers: Sequence[Paper], names: Sequence[str]) -> Sequence[Section]:
    order = sorted(range(len(papers)), key=lambda n: names[n])
    return [
        Section(theme=name, papers=tuple(papers[n] for n in group))
        for name, group in groupby(order, key=lambda n: names[n])
    ]


def measure(way: Way, names: Sequence[str]) -> dict[str, Agreement]:
    return {name: agreement(way(labelled_day(name)), labels(name)) for name in names}


def main() -> None:
    table = Table("day", "papers", "people's", "ours", "ARI", "B³", "Other", "largest", "smallest")
    table.add_column("words and Ward, ARI")
    table.add_column("phrases alone, ARI")
    for title, names in (("mean of the five", LABELLED), ("mean of two more", CHECKED)):
        found, words, phrases = (measure(way, names) for way in (ours, by_words, by_phrases))
        for name in names:
            day = found[name]
            table.add_row(
                name,
                str(len(labelled_day(name))),
                str(day.people),
                str(day.themes),
                f"{day.ari:.3f}",
                f"{day.b_cubed:.3f}",
                f"{day.other:.0%}",
                f"{day.largest:.0%}",
                str(day.smallest),
                f"{words[name].ari:.3f}",
                f"{phrases[name].ari:.3f}",
            )
        table.add_row(
            title,
            *("", "", ""),
            f"{mean(day.ari for day in found.values()):.3f}",
            f"{mean(day.b_cubed for day in found.values()):.3f}",
            *("", "", ""),
            f"{mean(day.ari for day in words.values()):.3f}",
            f"{mean(day.ari for day in phrases.values()):.3f}",
            end_section=True,
        )
    Console(width=150).print(table)
    spent = [_seconds(program) for program in (_OURS, _PEER)]
    print(f"110 papers, imports included: {spent[0]:.2f} s of CPU; words and Ward {spent[1]:.2f} s")


def _seconds(program: str) -> float:
    """Processor time of a program of its own that prints it."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=_ROOT, check=True, capture_output=True, text=True
    )
    return float(done.stdout)


if __name__ == "__main__":
    main()
