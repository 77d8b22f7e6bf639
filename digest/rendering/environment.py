"""Jinja2, set up so that text is escaped once and a mistake is told at its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import CodeType, TracebackType
from typing import Any

import jinja2
from jinja2.bccache import Bucket

from digest.errors import Problem, TemplateError
from digest.model import TemplateSet
from digest.prose.wrapping import underline, wrap
from digest.rendering.language import Language
from digest.rendering.missing import Missing
from digest.rendering.scripts import raise_scripts
from digest.rendering.translation import install

# Control characters make MRML fail or clip a mail in Gmail; private-use characters and
# noncharacters show as boxes; lone surrogates cannot be encoded. Tab and newline stay.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff"
    "\U000f0000-\U000fffff\U00100000-\U0010ffff]"
)
_FILE_NAME = "template of the set: "


def is_text(name: str | None) -> bool:
    """Whether a template makes plain text, which is not escaped."""
    return name is not None and name.endswith((".txt.j2", ".txt"))


def strip_unprintable(value: Any) -> Any:
    """`value` without control and private-use characters, if it is text. Markup stays Markup."""
    if not isinstance(value, str) or (value.isascii() and value.isprintable()):
        return value
    cleaned = _UNPRINTABLE.sub("", value)
    return type(value)(cleaned) if len(cleaned) != len(value) else value


def find_unprintable(text: str) -> str:
    """The first character that `strip_unprintable` would take away, or ""."""
    found = _UNPRINTABLE.search(text)
    return found[0] if found else ""


def make_environment(templates: TemplateSet, language: Language) -> jinja2.Environment:
    """An environment over the set's files; unknown names are errors, HTML is escaped.

    Equal sets share one in each language: compiling the templates costs more than filling them.
    """
    return _environment(tuple(sorted(templates.files.items())), language)


class _Compiled(jinja2.BytecodeCache):
    """Templates as Python compiled them, for all environments: sets share most files.

    Their code depends on nothing else of an environment, and the checksum is the text's.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if len(self._kept) >= self._most:
            self._kept.clear()  # a template that changes all day long leaves nothing behind
        assert bucket.code is not None
        self._kept[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled(400)


@lru_cache(maxsize=4)
def _environment(files: tuple[tuple[str, str], ...], language: Language) -> jinja2.Environment:
    texts = dict(files)

    def load(name: str) -> tuple[str, str, Any] | None:
        text = texts.get(name)
        return None if text is None else (text, _FILE_NAME + name, lambda: True)

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(load),
        undefined=Missing,
        autoescape=lambda name: not is_text(name),  # noqa: S701 - off for plain text only
        finalize=strip_unprintable,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        auto_reload=False,
        cache_size=-1,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=_COMPILED,
    )
    install(environment, language)
    # Cleaned first: to wrapping, some control characters are spaces.
    for name, shape in (("wrap", wrap), ("underline", underline)):
        environment.filters[name] = partial(_shape_clean, shape)
    environment.filters["scripts"] = raise_scripts
    return environment


def _shape_clean(shape: Callable[..., str], text: str, *arguments: Any) -> str:
    return shape(strip_unprintable(text), *arguments)


def render_template(
    environment: jinja2.Environment,
    templates: TemplateSet,
    name: str,
    context: Mapping[str, Any],
) -> str:
    """The template's output.

    Raises:
        TemplateError: it is missing, is not Jinja2, or fails; with the file and line at fault.
    """
    try:
        return environment.get_template(name).render(context)
    except jinja2.TemplateSyntaxError as error:
        at = error.name or name
        raise _fault(templates, at, error.lineno, error.message or "is not Jinja2") from None
    except jinja2.TemplateNotFound as error:
        asking, line = _failing_line(error.__traceback__) or (name, 0)
        what = f"there is no template {error.message!r} in the set {templates.name!r}"
        raise _fault(templates, asking, line, what) from None
    except Exception as error:
        at, line = _failing_line(error.__traceback__) or (name, 0)
        raise _fault(templates, at, line, *_words(error, at, line, templates)) from None


def place_of(templates: TemplateSet, name: str) -> str:
    """The path that a person knows a template by."""
    return templates.places.get(name, f"{templates.name}/{name}")


def _fault(
    templates: TemplateSet, name: str, line: int, what: str, mend: str = ""
) -> TemplateError:
    if not mend and "undefined" in what:
        mend = "see the shipped templates for the names that exist"
    where = place_of(templates, name)
    return TemplateError([Problem(file=where, line=line, what=what.rstrip("."), mend=mend)])


def _words(error: Exception, name: str, line: int, templates: TemplateSet) -> tuple[str, str]:
    """What went wrong in a line of a template, and what to do about it."""
    if isinstance(error, jinja2.TemplateRuntimeError):
        return str(error), ""
    if isinstance(error, RecursionError):
        source = templates.files.get(name, "").split("\n")[line - 1 : line]
        if any(re.search(rf"""extends\s+["']{re.escape(name)}["']""", each) for each in source):
            shipped = f"daily/{name}"
            mend = f"write {shipped}" if shipped in templates.files else ""
            return "a template cannot extend itself", mend
        return "templates or macros use each other without end", ""
    return (f"{type(error).__name__}: {error}" if str(error) else type(error).__name__), ""


def _failing_line(trace: TracebackType | None) -> tuple[str, int] | None:
    """The innermost template line of a traceback; Jinja2 rewrites its frames to template lines."""
    found = None
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(_FILE_NAME):
            found = (file.removeprefix(_FILE_NAME), trace.tb_lineno)
        trace = trace.tb_next
    return found
