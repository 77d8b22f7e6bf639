"""An edition as an outline for the terminal."""

from __future__ import annotations

from digest.cli.desk import count, show
from digest.model import Edition


def show_outline(edition: Edition) -> None:
    """Themes with their papers' titles, in the order of the letter."""
    themes = count(len(edition.sections), "theme")
    show(f"{edition.key}: {count(len(edition.papers), 'paper')} in {themes}")
    for section in edition.sections:
        subtitle = f"  ({section.subtitle})" if section.subtitle else ""
        show(f"\n{section.theme}{subtitle}")
        for paper in section.papers:
            votes = f"{paper.votes:>4} ▲" if paper.votes is not None else "      "
            show(f"  {votes}  {paper.title}  [{paper.id}]")
    left = [f"{edition.left_out} more were cut by max_papers"] if edition.left_out else []
    left += [f"{edition.repeated} were mailed before"] if edition.repeated else []
    left += [f"{edition.withdrawn} were withdrawn"] if edition.withdrawn else []
    if left:
        show(f"\n{'; '.join(left)}")
