"""What templates call to say something in the newsletter's language."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jinja2 import Environment, TemplateRuntimeError, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from digest.rendering.language import Language

_MARKUP = ("<", "&")
# A percent sign that begins no field.
_BARE = re.compile(r"%(?!\()")


def install(environment: Environment, language: Language) -> None:
    """`_`, `gettext`, `ngettext`, `pgettext`, `npgettext`, `{% trans %}` and the filter
    `number`, in this language.

    They are Jinja2's newstyle functions (fields in the call, `%%` for a percent sign), except
    that numbers among the fields are written as the language does, and that the words of a
    catalogue are escaped in HTML unless the template's own hold markup.
    """

    def fill(context: EvalContext, message: str, found: str, values: dict[str, Any]) -> str:
        if context.autoescape:
            marked = any(sign in message for sign in _MARKUP)
            found = Markup(found) if marked else escape(found)  # noqa: S704 - as in the template
        try:
            return found % language.said(values)
        except KeyError as error:
            raise TemplateRuntimeError(f"the words want %({error.args[0]})s: give it") from None
        except (TypeError, ValueError):
            if _BARE.search(found.replace("%%", "")):
                raise TemplateRuntimeError("a % in words is written %%") from None
            raise

    @pass_eval_context
    def gettext(context: EvalContext, message: str, /, **values: Any) -> str:
        return fill(context, message, language.opened(message), values)

    @pass_eval_context
    def ngettext(context: EvalContext, one: str, many: str, count: int, /, **values: Any) -> str:
        values.setdefault("num", count)
        return fill(context, one + many, language.opened_plural(one, many, count), values)

    @pass_eval_context
    def pgettext(context: EvalContext, about: str, message: str, /, **values: Any) -> str:
        return fill(context, message, language.opened(message, context=about), values)

    @pass_eval_context
    def npgettext(
        context: EvalContext, about: str, one: str, many: str, count: int, /, **values: Any
    ) -> str:
        values.setdefault("num", count)
        found = language.opened_plural(one, many, count, context=about)
        return fill(context, one + many, found, values)

    functions: tuple[Callable[..., str], ...] = (gettext, ngettext, pgettext, npgettext)
    environment.globals.update({each.__name__: each for each in functions})
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters["number"] = language.number
