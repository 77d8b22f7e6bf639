"""Keep the shipped catalogues in step with the words in templates and code.

python -m tests.tools.catalogues          say what the catalogues lack
python -m tests.tools.catalogues update   write new words into them, untranslated, and take
                                          old ones out; what is translated stays
python -m tests.tools.catalogues update --from FOLDER
                                          and fill in what FOLDER's catalogues translate
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po, write_po

from digest.errors import CatalogueError
from digest.model import Catalogue
from digest.rendering.po import fields_of, parse_po

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "digest" / "data" / "locale"
# `opened` gives words whose fields are filled later, in a letter.
_KEYWORDS = {**DEFAULT_KEYWORDS, "opened": None}
_COMMENTS = ("Translators:",)
_HEADER = """\
# {name}: the newsletter's own words.
# How to change them, and how to add a language: docs/languages.md
msgid ""
msgstr ""
"Language: {tag}\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: {plurals}\\n"
"""


def sources() -> Iterator[tuple[Path, str]]:
    """Every file that may hold words, and Babel's name for how to read it."""
    for folder, pattern, method in (
        ("templates", "*.j2", "jinja2"),
        ("digest", "*.py", "python"),
    ):
        for path in sorted((ROOT / folder).rglob(pattern)):
            yield path, method


def extract() -> Catalog:
    """All words of templates and code."""
    found = Catalog(charset="utf-8")
    for path, method in sources():
        for _, message, comments, context in extract_from_file(
            method,
            path,
            keywords=_KEYWORDS,
            comment_tags=_COMMENTS,
            # As the templates' own environment is set up, and a fault in one is an error.
            options={"trimmed": "true", "silent": "false"},
            strip_comment_tags=False,
        ):
            place = (path.relative_to(ROOT).as_posix(), None)
            found.add(message, locations=[place], auto_comments=comments, context=context)
    return found


def shipped() -> list[Path]:
    return sorted(LOCALE.glob("*.po"))


def read(path: Path) -> Catalog:
    return read_po(BytesIO(path.read_bytes()), locale=path.stem.replace("-", "_"))


def faults(path: Path, words: Catalog) -> Iterator[str]:
    """What is wrong with one catalogue, a line each."""
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    try:
        parse_po(Catalogue(tag=path.stem, place=name, text=path.read_text("utf-8")))
    except CatalogueError as error:
        yield from error.lines()
        return
    catalogue = read(path)
    for message in _messages(words):
        there = catalogue.get(message.id, message.context)
        if there is None or not there.string or not all(_strings(there)):
            yield f"{name}: {message.id!r} is not translated"
        elif there.fuzzy:
            yield f"{name}: {message.id!r} is fuzzy"
        else:
            yield from (f"{name}: {fault}" for fault in _lost_fields(there))
    for message in (*_messages(catalogue), *catalogue.obsolete.values()):
        if words.get(message.id, message.context) is None:
            yield f"{name}: {message.id!r} is said nowhere any more"


def update(words: Catalog, compendium: Path | None = None) -> None:
    """Bring every shipped catalogue up to date; see above."""
    for path in shipped():
        catalogue = read(path)
        catalogue.update(words, no_fuzzy_matching=True, update_header_comment=False)
        catalogue.obsolete.clear()
        if compendium and (compendium / path.name).exists():
            more = read(compendium / path.name)
            for message in _messages(catalogue):
                known = more.get(message.id, message.context)
                if known and all(_strings(known)) and not all(_strings(message)):
                    message.string = known.string
        path.write_text(_written(catalogue, path.stem), encoding="utf-8")


def _written(catalogue: Catalog, tag: str) -> str:
    """PO text without dates or line numbers, so that it changes only where words do."""
    out = BytesIO()
    for message in catalogue:
        message.flags.discard("python-format")
    write_po(out, catalogue, width=95, omit_header=True, include_lineno=False, sort_by_file=True)
    name = str(catalogue.locale.english_name if catalogue.locale else tag)
    header = _HEADER.format(name=name, tag=tag, plurals=catalogue.plural_forms)
    return f"{header}\n{out.getvalue().decode('utf-8').strip()}\n"


def _messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def _strings(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def _lost_fields(message: Message) -> Iterator[str]:
    """A form may leave its count out ("one paper"), but not the form for most numbers."""
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    wanted = frozenset().union(*map(fields_of, ids))
    *_, last = _strings(message)
    if lost := wanted - fields_of(last):
        yield f"{message.id!r} lost its field {', '.join(sorted(lost))}"
    for text in _strings(message):
        if re.search(r"^\s|\s$", text) and not re.search(r"^\s|\s$", ids[0]):
            yield f"{message.id!r} has a blank at an end"


def main(arguments: list[str]) -> int:
    words = extract()
    if arguments[:1] == ["update"]:
        update(words, Path(arguments[2]) if arguments[1:2] == ["--from"] else None)
    found = [fault for path in shipped() for fault in faults(path, words)]
    print("\n".join(found) or f"{len(shipped())} catalogues have all {len(words)} words")
    return 1 if found and arguments[:1] != ["update"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
