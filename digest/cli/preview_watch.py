"""Shows a letter in the browser anew whenever something that it is made of was saved."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.app.named_reader import find_reader
from digest.app.proof_sheet import ProofSheet, make_sheet
from digest.app.watched import look_at, wait_for_change, watched_paths
from digest.app.words import missing_words
from digest.cli.desk import Desk, note, show
from digest.cli.proofs import sheet_lines
from digest.errors import DigestError
from digest.storage.campaigns import frozen_at
from digest.web.live import File, Shop, serve
from digest.web.preview_page import Live, content_policy, preview_page

if TYPE_CHECKING:
    from digest.model import Edition


def watch_preview(
    desk: Desk, edition: Edition, reader: str | None, *, port: int, open_it: bool
) -> int:
    """Until Ctrl-C. The edition stays the one it is: no source is asked again.

    Whatever is saved, also what cannot be rendered, the watch goes on.

    Raises:
        UsageError: there is no such reader, or the port cannot be had.
    """
    if reader:
        find_reader(desk.house, reader)
    if frozen_at(desk.house.database, edition.key) is not None:
        note(f"edition {edition.key} is frozen: its letters keep their look, this one is anew")
    watch = _Watch(desk=desk, edition=edition, reader=reader)
    try:
        with serve(watch.shop, port) as address:
            seen = look_at(watch.paths)
            watch.refresh()
            note(f"watching {desk.config_path} and its templates; Ctrl-C ends it")
            show(address)
            if open_it:
                click.launch(address)
            while True:
                seen = wait_for_change(watch.paths, seen)
                watch.refresh()
    except KeyboardInterrupt:
        note("the watch has ended")
        return 0


@dataclass(kw_only=True)
class _Watch:
    """What is shown: `sheet` is the last letter that could be made; `lack` was told of words."""

    desk: Desk
    edition: Edition
    reader: str | None
    shop: Shop = field(default_factory=Shop)
    sheet: ProofSheet | None = None
    lack: str = ""

    def __post_init__(self) -> None:
        self.paths = self._paths()

    def _paths(self) -> Sequence[Path]:
        return watched_paths(self.desk.config, Path(self.desk.config_path))

    def refresh(self) -> None:
        """Render anew; what goes wrong stands on the page and on the terminal."""
        faults: tuple[str, ...] = ()
        began = time.perf_counter()
        try:
            self.sheet = self._render()
        except DigestError as error:
            faults = error.lines()
        except Exception as error:  # a watch outlives whatever a half-written file may cause
            faults = (f"{type(error).__name__}: {error}",)
        for line in faults:
            note(f"digest: {line}")
        if not faults and self.sheet:
            *_, sizes = sheet_lines(self.sheet)
            note(f"rendered in {1000 * (time.perf_counter() - began):.0f} ms; {sizes}")
            for finding in self.sheet.findings:
                note(str(finding))
        self.shop.files = _files(self.sheet, faults)

    def _render(self) -> ProofSheet:
        house = self.desk.reopen()
        self.paths = self._paths()
        lack = missing_words(house)
        if lack and lack != self.lack:
            note(lack)
        self.lack = lack
        subscriber = find_reader(house, self.reader) if self.reader else None
        return make_sheet(house, self.edition, reader=subscriber, anew=True)


def _files(sheet: ProofSheet | None, faults: Sequence[str]) -> dict[str, File]:
    version = str(time.time_ns())
    page = preview_page(sheet, Live(version, faults))
    html, text = "text/html; charset=utf-8", "text/plain; charset=utf-8"
    files = {
        "/": File(kind=html, content=page.encode(), policy=content_policy()),
        "/version": File(kind=text, content=version.encode()),
    }
    if sheet:
        preview = sheet.preview
        if preview.html:
            files["/letter.html"] = File(kind=html, content=preview.html.encode())
        files["/letter.txt"] = File(kind=text, content=preview.text.encode())
        files["/letter.eml"] = File(kind=text, content=preview.letter.content)
    return files
