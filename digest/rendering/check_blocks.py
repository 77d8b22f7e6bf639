"""What must hold for every block of a rendition, whatever the look."""

from __future__ import annotations

import dataclasses
import html
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from digest.errors import Problem
from digest.model import Block, Edition, Piece, Rendition, TemplateSet
from digest.prose import shorten
from digest.rendering.check_page import Page, has_script, loose_tags
from digest.rendering.environment import find_unprintable, place_of, strip_unprintable
from digest.rendering.language import speak
from digest.rendering.marks import Marks
from digest.rendering.render import HTML, SUBJECT, TEXT
from digest.rendering.sample import USUAL_TITLE
from digest.rendering.view import LENGTHS, PaperView, view_leads, view_sections

#: A letter's HTML holds 96,000 bytes: beyond these, few papers fit in full.
MOST_PAPER, MOST_AROUND = 4_096, 24_000
_OF_A_SECTION = frozenset({"section_papers", "share"})
_IN_SECTIONS = frozenset({"entry", "heading", "why", *LENGTHS, *(f"lead:{n}" for n in LENGTHS)})
# Blocks of a rendition whose template block has another name.
_BLOCK = {"head": "masthead", "lead": "lead_heading"}
# What autoescaping makes of &, <, > and quotes.
_SIGNS = re.compile(r"[\s^_()]")
_FILTERED = re.compile(r"\bfield\.\w+\s*\|")
_ESCAPED = re.compile(r"&(?:amp|lt|gt|quot|#\d+);")


@dataclass(frozen=True, slots=True)
class _Named:
    """A block with the name that a person knows it by; `paper` where it shows one."""

    name: str
    piece: Piece
    paper: PaperView | None = None
    theme: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """An edition as a template set printed it."""

    edition: Edition
    rendition: Rendition
    templates: TemplateSet
    # Each look goes over all blocks; what they show is read once.
    _shown: list[_Named] = dataclasses.field(
        default_factory=list, init=False, repr=False, compare=False
    )

    def problems(self) -> Iterator[Problem]:
        """Every fault of the blocks, the gravest kinds first."""
        yield from self.grave()
        for look in (_escaping, _characters, _words, _page, _sizes):
            yield from look(self)

    def grave(self) -> Iterator[Problem]:
        """What would mislead or hold every reader, whatever the papers; cheap enough for a run."""
        for look in (_balance, _fields, _leaving, _scripts):
            yield from look(self)

    @property
    def pieces(self) -> Iterator[tuple[str, Piece]]:
        """Every block with its name, in the order of a page."""
        rendition = self.rendition
        yield "head", rendition.head
        yield "lead", rendition.lead.heading
        for lead in rendition.lead.papers:
            yield from ((f"lead:{length}", getattr(lead, length)) for length in LENGTHS)
        yield "contents", rendition.lead.contents
        yield from (("entry", section.entry) for section in rendition.sections)
        yield "middle", rendition.middle
        for section in rendition.sections:
            yield "heading", section.heading
            for blocks in section.papers:
                yield from ((length, getattr(blocks, length)) for length in LENGTHS)
        for name in ("seam", "why", "more", "foot"):
            yield name, getattr(rendition, name)

    @property
    def blocks(self) -> Sequence[_Named]:
        """The same with what each shows."""
        if not self._shown:
            self._shown.extend(self._named())
        return self._shown

    def _named(self) -> Iterator[_Named]:
        marks, language = Marks.of(self.edition), speak(self.rendition.language)  # no catalogues
        leads = view_leads(self.edition, marks, language)
        views = view_sections(self.edition, marks, language)
        papers = {
            True: (paper for paper in leads for _ in LENGTHS),
            False: (paper for view in views for paper in view.papers for _ in LENGTHS),
        }
        themes = {name: iter(self.rendition.sections) for name in ("entry", "heading")}
        for name, piece in self.pieces:
            if name.removeprefix("lead:") in LENGTHS:
                yield _Named(name, piece, next(papers[name.startswith("lead:")]))
            elif name in themes:
                yield _Named(name, piece, theme=next(themes[name]).theme)
            else:
                yield _Named(name, piece)

    def problem(
        self, part: str, block: str, what: str, mend: str = "", *, warning: bool = False
    ) -> Problem:
        """A fault of a block, at the line that begins what prints it."""
        file, line = _place(self.templates, part, block)
        return Problem(
            file=place_of(self.templates, file), line=line, what=what, mend=mend, warning=warning
        )


def text_of(block: Block) -> str:
    """The block's own text, with nothing where its merge fields stand."""
    return "".join(block.literals)


def _place(templates: TemplateSet, part: str, block: str) -> tuple[str, int]:
    """The line of the macro, the block or the mark by this name; a person's own files first."""
    if part == "subject":
        return SUBJECT, 1
    ending = ".mjml.j2" if part == "html" else ".txt.j2"
    names = [name for name in templates.files if name.endswith(ending)]
    shipped = {templates.places.get(name, name) for name in names if "/" in name}
    names.sort(key=lambda name: (templates.places.get(name, name) in shipped, "/" in name, name))
    bare, block = block.rpartition(":")[2], _BLOCK.get(block, block.replace(":", "_"))
    for wanted in (
        # A block that only calls a macro is not where the macro's fault is.
        rf"{{%-?\s*block\s+{block}\b[^%]*%}}(?!\s*{{{{-?\s*forms\.)",
        rf"{{%-?\s*macro\s+{bare}\b",
        rf"\bbegin\.{bare}\b",
    ):
        for name in names:
            if found := re.search(wanted, templates.files[name]):
                return name, templates.files[name].count("\n", 0, found.start()) + 1
    return (HTML if part == "html" else TEXT), 0


def _balance(trial: Trial) -> Iterator[Problem]:
    whole = []
    for name, piece in trial.pieces:
        page = text_of(piece.html)
        whole.append(page)
        loose = loose_tags(page)
        if name not in ("head", "middle", "seam", "foot") and loose != ("", ""):
            what = f"the block {name!r} is not balanced: {' '.join(loose).strip()}"
            yield trial.problem("html", name, what, "close in a block what it opens")
    loose = loose_tags("".join(whole))
    if loose != ("", ""):
        what = f"the page is not balanced: {' '.join(loose).strip()}"
        yield trial.problem("html", "head", what)


def _scripts(trial: Trial) -> Iterator[Problem]:
    for name in dict.fromkeys(n for n, piece in trial.pieces if has_script(text_of(piece.html))):
        what = f"in the block {name!r} there is a script, which no mail program runs"
        yield trial.problem("html", name, what)


def _fields(trial: Trial) -> Iterator[Problem]:
    """Fields that a filter changed, or that have no value where they stand."""
    key = Marks.of(trial.edition).key
    for part, name, block in _parts(trial):
        if key[:8] in text_of(block).lower():
            what = f"a merge field in the block {name!r} is changed on its way"
            problem = trial.problem(part, name, what, "print {{ field.NAME }} without a filter")
            yield _at_filter(trial, problem)
        elsewhere = [
            field
            for field in block.fields
            if (field in _OF_A_SECTION and name not in _IN_SECTIONS)
            or (field == "why" and name != "why")
        ]
        for field in dict.fromkeys(elsewhere):
            what = f"field.{field} has no value in the block {name!r}"
            mend = "it belongs in why" if field == "why" else "it belongs in entry or heading"
            yield trial.problem(part, name, what, mend)


def _at_filter(trial: Trial, problem: Problem) -> Problem:
    """The problem at the first field with a filter in its file, if one is seen there."""
    templates = trial.templates
    for name, text in templates.files.items():
        if place_of(templates, name) == problem.file and (found := _FILTERED.search(text)):
            return replace(problem, line=text.count("\n", 0, found.start()) + 1)
    return problem


def _parts(trial: Trial) -> Iterator[tuple[str, str, Block]]:
    for name, piece in trial.pieces:
        yield "html", name, piece.html
        yield "text", name, piece.text
    yield "subject", "subject", trial.rendition.subject


def _leaving(trial: Trial) -> Iterator[Problem]:
    """What every letter must have, so in the head or the foot."""
    rendition = trial.rendition
    for part in ("html", "text"):
        always = {f for p in (rendition.head, rendition.foot) for f in getattr(p, part).fields}
        if "unsubscribe_url" not in always:
            mend = "print {{ field.unsubscribe_url }} in the foot: readers must be able to leave"
            yield trial.problem(part, "foot", "there is no unsubscribe link", mend)
        if "preferences_url" not in always:
            mend = "print {{ field.preferences_url }} in the foot"
            yield trial.problem(part, "foot", "there is no link to preferences", mend, warning=True)
    if "preheader" not in rendition.head.html.fields:
        mend = "print {{ field.preheader }} first in the body, hidden"
        yield trial.problem("html", "head", "there is no preheader", mend, warning=True)
    if not text_of(rendition.subject).strip() and not rendition.subject.fields:
        yield trial.problem("subject", "subject", "the subject is empty")


def _escaping(trial: Trial) -> Iterator[Problem]:
    """Text that is escaped although it is no HTML. Markup let through is found before."""
    for part, name, block in _parts(trial):
        if part != "html" and (found := _ESCAPED.search(text_of(block))):
            what = f"the block {name!r} holds {found[0]}: text is escaped as if it were HTML"
            yield trial.problem(part, name, what, "take |e and |escape away")


def _characters(trial: Trial) -> Iterator[Problem]:
    for part, name, block in _parts(trial):
        if found := find_unprintable(text_of(block)):
            what = f"the block {name!r} holds the character U+{ord(found):04X}"
            yield trial.problem(part, name, what, "mail programs show a box for it")


def _words(trial: Trial) -> Iterator[Problem]:
    """Every paper's title and link in each length, every theme in contents and heading."""
    for part, read in (("html", _html_words), ("text", _text_words)):
        for name in dict.fromkeys(named.name for named in trial.blocks):
            those = [named for named in trial.blocks if named.name == name]
            yield from _missing(trial, part, those, read)


_Reading = Callable[[Block], tuple[str, Collection[str]]]


def _html_words(block: Block) -> tuple[str, Collection[str]]:
    """What a block says, squeezed, and where it leads."""
    page = Page(text_of(block))
    return _squeezed(page.text), page.links


def _text_words(block: Block) -> tuple[str, Collection[str]]:
    words = text_of(block).split()
    return _squeezed("".join(words)), {word.strip("<>()[],;") for word in words} | set(words)


def _squeezed(text: str) -> str:
    """Without blanks, and without the signs that stand for raised and lowered letters."""
    return _SIGNS.sub("", text)


def _missing(trial: Trial, part: str, those: Sequence[_Named], read: _Reading) -> Iterator[Problem]:
    wants: list[tuple[str, str, bool]] = []
    for named in those:
        said, leads_to = read(getattr(named.piece, part))
        if named.paper is not None:
            title = _plain(named.paper.title)
            wants.append(("title", title, _squeezed(title) in said))
            if named.paper.url:
                wants.append(("link", named.paper.url, named.paper.url in leads_to))
        if named.theme:
            theme = strip_unprintable(named.theme)
            wants.append(("theme", theme, _squeezed(theme) in said))
    for kind in ("title", "link", "theme"):
        lost = [words for each, words, there in wants if each == kind and not there]
        if not lost:
            continue
        name = those[0].name
        some = len(lost) < sum(each == kind for each, _, _ in wants)
        what = f"the block {name!r} does not print every {kind}: {shorten(lost[0], 50)!r}"
        mend = f"print the {kind} whole and unchanged"
        yield trial.problem(part, name, what, mend, warning=some)


def _plain(title: str) -> str:
    """A title as it is read: its own markup (raised and lowered letters) is none of its words."""
    words = Page(title).text if isinstance(title, Markup) else title
    return str(strip_unprintable(words))


def _page(trial: Trial) -> Iterator[Problem]:
    """What the tags of each block, and of whole pages, have wrong."""
    if Page(text_of(trial.rendition.head.html)).language in ("", "und"):
        mend = 'write <mjml lang="{{ edition.language }}">'
        yield trial.problem("html", "head", "the page has no language", mend, warning=True)
    told: set[tuple[str, str]] = set()
    for named in trial.blocks:
        for fault in _page_of(named).faults:
            if (named.name, fault) not in told:
                told.add((named.name, fault))
                yield trial.problem("html", named.name, f"in the block {named.name!r} {fault}")
    for length in LENGTHS:
        ids: Counter[str] = Counter()
        for named in trial.blocks:
            if named.paper is None or named.name in (length, f"lead:{length}"):
                ids.update(_page_of(named).ids)
                for name in [name for name, number in ids.items() if number == 2]:
                    ids[name] += 1  # told once
                    what = f"the id {name!r} stands more than once in a page"
                    mend = "an id of a theme is {{ section.anchor }}; a paper needs none"
                    yield trial.problem("html", named.name, what, mend)


def _page_of(named: _Named) -> Page:
    """Merge fields are gaps here; a link that is nothing else has its address from there."""
    return Page(text_of(named.piece.html).replace('href=""', 'href="#"'))


def _sizes(trial: Trial) -> Iterator[Problem]:
    usual = html.escape(USUAL_TITLE)
    for named in trial.blocks:
        size = len(text_of(named.piece.html).encode())
        if named.name == "full" and size > MOST_PAPER and usual in text_of(named.piece.html):
            what = f"a paper in full takes {size:,} bytes"
            mend = f"of 96,000 in a letter; {MOST_PAPER:,} are plenty"
            yield trial.problem("html", "full", what, mend, warning=True)
    around = (trial.rendition.head, trial.rendition.middle, trial.rendition.foot)
    size = sum(len(text_of(piece.html).encode()) for piece in around)
    if size > MOST_AROUND:
        what = f"head and foot take {size:,} bytes"
        mend = f"of 96,000 in a letter; {MOST_AROUND:,} are plenty, and Gmail drops long styles"
        yield trial.problem("html", "head", what, mend, warning=True)
