"""Does the CSS avoid what makes a client drop more of it than it should?

Each rule names its report at https://github.com/hteumeuleu/email-bugs/issues.
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from digest.proofing.css import Declaration, parse_declarations, strip_comments
from digest.proofing.finding import Findings, error, shown, warning
from digest.proofing.page import Page, elements, place

# Under these names, Yahoo drops an `!important` with a blank before it (#16).
_YAHOO = "has a blank before !important; Yahoo then drops the !important (#16): remove the blank"
_SPACED = frozenset({"display", "background", "background-image"})
_STRING = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")


def check_css(page: Page) -> Findings:
    """Style sheets first, then the inline styles."""
    for number, sheet in enumerate(page.sheets, 1):
        yield from _check_sheet(sheet, f"style sheet {number}")
    for rule in page.rules:
        for each in rule.declarations:
            if _is_spaced(each):
                yield warning("css", shown(",".join(rule.selectors)), f"{each.name} {_YAHOO}")
    for element in elements(page.root):
        style = element.get("style")
        if style:
            yield from _check_inline(element, style)


def _check_sheet(sheet: str, where: str) -> Findings:
    if "/*" in sheet:
        words = "has a comment; Yahoo and AOL ignore the rule after it (#25): remove it"
        yield warning("css", where, words)
    if "<!--" in sheet:
        yield warning("css", where, "holds <!--, after which Gmail drops its classes; remove it")
    css = _STRING.sub("", strip_comments(sheet))
    if css.count("{") != css.count("}"):
        yield error("css", where, "has a brace that is not closed; clients drop what follows")
        return
    if "@import" in css:
        yield error("css", where, "uses @import, which most clients ignore; write the rules here")
    for query in re.findall(r"@media([^{]*)\{", css):
        if "," in query:
            words = f"@media {shown(query)} has a comma; Yahoo drops the rest of it (#149)"
            yield error("css", where, f"{words}: write two @media")
    for name in _nested(css):
        words = f"{name} stands in another @ rule; Gmail drops the whole style sheet (#21)"
        yield error("css", where, f"{words}: take it out")


def _nested(css: str) -> list[str]:
    depth, found = 0, []
    for token in re.findall(r"@[\w-]+|[{}]", css):
        if token.startswith("@") and depth:
            found.append(token)
        depth += {"{": 1, "}": -1}.get(token, 0)
    return found


def _is_spaced(each: Declaration) -> bool:
    return each.spaced and each.name in _SPACED


def _check_inline(element: HtmlElement, style: str) -> Findings:
    seen: set[str] = set()
    for each in parse_declarations(style):
        words = _placed(element, each, displayed="display" in seen)
        if _is_spaced(each):
            words = f"{each.name} {_YAHOO}"
        if words:
            yield warning("css", place(element), words)
        seen.add(each.name)


def _placed(element: HtmlElement, each: Declaration, *, displayed: bool) -> str:
    """What is wrong with a way of placing that some client lacks, "" if there is another way."""
    if each.name == "position" and each.value not in ("static", "relative", "inherit"):
        return f"position:{each.value} is dropped by Gmail and Outlook; use table cells"
    if each.name == "float" and each.value != "none" and not element.get("align"):
        return "float is ignored by Outlook; add an align attribute, or use table cells"
    flexible = re.fullmatch(r"(?:inline-)?(?:flex|grid)", each.value)
    if each.name == "display" and flexible and not displayed and element.tag not in ("td", "table"):
        return f"display:{each.value} is ignored by Outlook; write another display before it"
    return ""
