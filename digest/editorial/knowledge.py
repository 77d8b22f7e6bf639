"""What an editor knows before the day begins: the themes of the field and its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.editorial.rules import Topic
from digest.editorial.space import Space


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Knowledge:
    """`topics` in their order; the narrower stands before the wider one.

    `names` are those of the last editions' themes, the newest first: readers follow a theme by
    its name. `renamed` says how a theme that is found by some name is called instead; `joint` are
    the new names of several themes, which groups share.
    """

    space: Space
    topics: tuple[Topic, ...] = ()
    names: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    joint: frozenset[str] = frozenset()

    def called(self, name: str) -> str:
        """The name under which a theme that was found as `name` appears."""
        return self.renamed.get(name.casefold(), name)

    def all_names(self, name: str) -> tuple[str, ...]:
        """The name with those of the themes that it stands for."""
        return (name, *(old for old, new in self.renamed.items() if new == name))
