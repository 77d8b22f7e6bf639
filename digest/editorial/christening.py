"""Gives each group of a day a name of its own.

Groups ask for their names in the order of `naming.candidates`; of two that want one name, the
group that fits it better gets it and the other asks for its next (Gale and Shapley 1962: who asks
first does not matter). A group left without a free name joins the bearer of its first one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from digest.editorial.identity import strength
from digest.editorial.knowledge import Knowledge
from digest.editorial.likeness import Day, Traits
from digest.editorial.naming import Candidate, candidates, same_name


def christen(
    groups: Sequence[Sequence[Traits]],
    *,
    day: Day,
    knowledge: Knowledge,
    taken: Collection[str],
    most: int,
    scant: bool,
) -> tuple[dict[str, list[int]], set[int]]:
    """Rows by name, and the rows of groups that nothing names or that found no room.

    `taken` are names in the form of `same_name`; `scant` as `candidates` has it.
    """
    asked = [
        [
            candidate
            for candidate in candidates(group, day, knowledge, scant=scant)
            if same_name(candidate.name) not in taken
        ]
        for group in groups
    ]
    bearers = _match(groups, asked)
    names = {number: name for name, number in bearers.items()}
    spelled = {key: _spelling(asked[number], key) for key, number in bearers.items()}
    named: dict[str, list[int]] = {}
    loose: set[int] = set()
    for number in sorted(range(len(groups)), key=lambda n: (n not in names, n)):
        rows = [traits.number for traits in groups[number]]
        for key in _homes(names.get(number), asked[number], knowledge):
            name = knowledge.called(spelled.get(key, ""))
            home = named.get(name, [])
            # Who merges themes wants them as one, however large.
            if name and (name in knowledge.joint or len(home) + len(rows) <= most):
                named[name] = home + rows
                break
        else:
            loose.update(rows)
    return named, loose


def _homes(own: str | None, asked: Sequence[Candidate], knowledge: Knowledge) -> list[str]:
    """Where a group may go: to a merged theme that is its first wish, to its own name, else to
    its namesake."""
    first = asked[0].name if asked else ""
    joint = [same_name(first)] if first in knowledge.joint else []
    return [*joint, own or same_name(first)]


def _match(
    groups: Sequence[Sequence[Traits]], asked: Sequence[Sequence[Candidate]]
) -> Mapping[str, int]:
    """Who bears which name (in the form of `same_name`)."""
    bearers: dict[str, int] = {}
    step = [0] * len(groups)
    free = list(range(len(groups)))
    while free:
        number = free.pop()
        if step[number] == len(asked[number]):
            continue
        key = same_name(asked[number][step[number]].name)
        rival = bearers.get(key)
        if rival is None:
            bearers[key] = number
        elif _fit(groups[number], asked[number], key) > _fit(groups[rival], asked[rival], key):
            bearers[key] = number
            step[rival] += 1
            free.append(rival)
        else:
            step[number] += 1
            free.append(number)
    return bearers


def _fit(
    group: Sequence[Traits], asked: Sequence[Candidate], key: str
) -> tuple[float, int, tuple[int, str, str]]:
    fit = next(c.fit for c in asked if same_name(c.name) == key)
    return (fit, len(group), strength(group[0].paper.id))


def _spelling(asked: Sequence[Candidate], key: str) -> str:
    return next(c.name for c in asked if same_name(c.name) == key)
