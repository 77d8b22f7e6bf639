"""Can every text be read, on light screens and on dark ones?

WCAG 2.2, 1.4.3: 4.5 to 1, and 3 to 1 for text of 24 px, or of 18.66 px in bold. A style sheet
for dark screens must win over the inline styles to be of use; where a page declares that it can
be dark and has no rules for it, browsers turn some colours and not others.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml.html import HtmlElement

from digest.proofing.cascade import Cascade, Look, allows_dark
from digest.proofing.colour import Colour, contrast
from digest.proofing.finding import Findings, error, warning
from digest.proofing.media import DARK, LIGHT, OUTLOOK, Screen, asks_dark
from digest.proofing.page import Page, place, seen

LEAST, LEAST_LARGE = 4.5, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one element's own text reads on a screen."""

    element: HtmlElement
    look: Look
    ink: Colour
    ratio: float

    @property
    def least(self) -> float:
        large = self.look.size >= 24 or (self.look.bold and self.look.size >= 18.66)
        return LEAST_LARGE if large else LEAST


def readings(page: Page, screen: Screen) -> list[Reading]:
    """Every element with visible text of its own, in order."""
    found = []
    for element, look in Cascade(page, screen).looks():
        if look.size and has_own_text(element):
            alpha = look.colour.alpha * look.opacity
            ink = look.colour._replace(alpha=alpha).over(look.behind)
            ratio = contrast(ink, look.behind)
            found.append(Reading(element=element, look=look, ink=ink, ratio=ratio))
    return found


def has_own_text(element: HtmlElement) -> bool:
    """Whether text stands in it that is not in an element within."""
    return bool(seen(element.text)) or any(seen(child.tail) for child in element)


def check_contrast(page: Page, light: list[Reading]) -> Findings:
    """Every text on light, dark and Outlook.com's dark screens."""
    dark = readings(page, DARK)
    for screen, read in ((LIGHT, light), (DARK, dark), (OUTLOOK, _settled(page))):
        for each in read:
            # Two decimals, rounded down: 4.496 must not be told as 4.5.
            if each.ratio < each.least:
                ratio = int(each.ratio * 100) / 100
                said = f"{ratio:g} to 1 in {screen.name} ({each.ink} on {each.look.behind})"
                words = f"{said}; {each.least:g} is needed: move the two colours apart"
                yield error("contrast", place(each.element), words)
    yield from _check_dark(page, light, dark)


def _settled(page: Page) -> list[Reading]:
    """What Outlook.com leaves alone: text whose colour and ground both have a rule for it.

    All else it recolours by itself, in a way that keeps text readable.
    """
    return [
        each for each in readings(page, OUTLOOK) if each.look.own_colour and each.look.own_ground
    ]


def _check_dark(page: Page, light: list[Reading], dark: list[Reading]) -> Findings:
    rules = [rule for rule in page.rules if any(map(asks_dark, rule.conditions))]
    if not rules:
        if allows_dark(page):
            words = "declares dark, but no rule says how; browsers turn some colours only: add"
            yield error("contrast", "color-scheme", f"{words} @media (prefers-color-scheme:dark)")
        return
    if not allows_dark(page):
        words = "is not declared (light dark), so some clients invert on top of the dark rules"
        yield warning("contrast", "color-scheme", words)
    looks = [(each.element, each.look.colour, each.look.behind) for each in light]
    if looks == [(each.element, each.look.colour, each.look.behind) for each in dark]:
        words = "changes no colour of any text; inline styles win over it without !important"
        yield error("contrast", "@media (prefers-color-scheme:dark)", words)
