"""Can every text be read, on light screens and on dark ones?

WCAG 2.2, 1.4.3: 4.5 to 1, and 3 to 1 for text of 24 px, or of 18.66 px in bold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from digest.proofing.cascade import Cascade, Look
from digest.proofing.colour import Colour, contrast
from digest.proofing.finding import Findings, error, warning
from digest.proofing.media import DARK, LIGHT, OUTLOOK, Screen
from digest.proofing.page import INLINE, Page, place, seen, text_of

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


def check_contrast(page: Page, light: Sequence[Reading], dark: Sequence[Reading]) -> Findings:
    """Every text on light, dark and Outlook.com's dark screens."""
    same = {(each.element, each.ink, each.look.behind) for each in light}
    turned = [each for each in dark if (each.element, each.ink, each.look.behind) not in same]
    for screen, read in ((LIGHT, light), (DARK, turned), (OUTLOOK, _settled(page))):
        for each in read:
            # Two decimals, rounded down: 4.496 must not be told as 4.5.
            if each.ratio < each.least:
                ratio = int(each.ratio * 100) / 100
                said = f"{ratio:g} to 1 in {screen.name} ({each.ink} on {each.look.behind})"
                words = f"{said}; {each.least:g} is needed: move the two colours apart"
                yield error("contrast", place(each.element), words)
    yield from _check_links(light)


def _settled(page: Page) -> list[Reading]:
    """What Outlook.com leaves alone: text whose colour and ground both have a rule for it.

    All else it recolours by itself, in a way that keeps text readable.
    """
    return [
        each for each in readings(page, OUTLOOK) if each.look.own_colour and each.look.own_ground
    ]


def _check_links(light: Sequence[Reading]) -> Findings:
    """Links in running text that only a colour sets apart (WCAG 1.4.1)."""
    by_element = {each.element: each for each in light}
    for each in light:
        if each.element.tag != "a" or not each.element.get("href") or each.look.underlined:
            continue
        around = by_element.get(_block(each.element))
        if around is None or around.look.bold != each.look.bold:
            continue
        ratio = contrast(each.ink, around.ink)
        if ratio < LEAST_LARGE and _is_running(around.element):
            words = f"is a link in a text, {ratio:.1f} to 1 from it and not underlined"
            yield warning("contrast", place(each.element), f"{words}: underline it")


def _block(link: HtmlElement) -> HtmlElement:
    return next(parent for parent in link.iterancestors() if parent.tag not in INLINE)


def _is_running(block: HtmlElement) -> bool:
    """Whether there is more text than links in it."""
    linked = sum(len(text_of(link)) for link in block.iter("a"))
    return len(text_of(block)) > 2 * linked
