"""Do the rules for dark screens do what they are there for?

A rule must win over the inline styles, which takes `!important`; where a page declares that it
can be dark and has no rules for it, browsers turn some colours and not others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from digest.proofing.cascade import allows_dark
from digest.proofing.contrast import Reading
from digest.proofing.css import Rule, parse_declarations
from digest.proofing.finding import Findings, error, shown, warning
from digest.proofing.media import asks_dark
from digest.proofing.page import Page, elements
from digest.proofing.selectors import Selector, parse_selector

_GROUNDS = frozenset({"background", "background-color"})


def check_dark(page: Page, light: Sequence[Reading], dark: Sequence[Reading]) -> Findings:
    """What the page declares, against the rules that it has."""
    yield from _check_overruled(page)
    rules = [rule for rule in page.rules if any(map(asks_dark, rule.conditions))]
    declared = allows_dark(page)
    if declared and not rules:
        words = "declares dark, but no rule says how; browsers turn some colours only: add"
        yield error("contrast", "color-scheme", f"{words} @media (prefers-color-scheme:dark)")
    elif rules and not declared:
        words = "is not declared (light dark), so some clients invert on top of the dark rules"
        yield warning("contrast", "color-scheme", words)
    if rules and _colours(light) == _colours(dark):
        words = "changes no colour of any text; see which of its rules match, and win"
        yield error("contrast", "@media (prefers-color-scheme:dark)", words)


def _colours(read: Sequence[Reading]) -> list[tuple[object, ...]]:
    return [(each.element, each.look.colour, each.look.behind) for each in read]


def _check_overruled(page: Page) -> Findings:
    """Rules without `!important` that lose to the inline styles wherever they match."""
    for rule in page.rules:
        dark = any(map(asks_dark, rule.conditions))
        selectors = [each for each in map(parse_selector, rule.selectors) if each]
        names = _names(rule)
        if names and (dark or any(selector.outlook for selector in selectors)):
            matched = [names & _inline(style) for style in _styles(page, selectors)]
            if matched and all(matched):
                words = f"{min(names)} for dark loses to {len(matched)} inline styles"
                where = shown(",".join(rule.selectors))
                yield error("contrast", where, f"{words}: add !important")


def _names(rule: Rule) -> frozenset[str]:
    plain = (each.name for each in rule.declarations if not each.important)
    return frozenset(name for name in plain if name == "color" or name in _GROUNDS)


def _styles(page: Page, selectors: Iterable[Selector]) -> list[str]:
    """The style attributes of what the selectors match."""
    return [
        element.get("style") or ""
        for element in elements(page.body)
        if any(selector.matches(element, outlook=True) for selector in selectors)
    ]


def _inline(style: str) -> frozenset[str]:
    names = {each.name for each in parse_declarations(style)}
    return frozenset(names | _GROUNDS if names & _GROUNDS else names)
