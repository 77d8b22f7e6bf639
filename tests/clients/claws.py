"""Claws Mail with its litehtml viewer: an engine of its own, with less of CSS than a browser."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.clients.processes import running
from tests.clients.screen import Screen, a_screen
from tests.clients.stage import Stage

_WIDTH, _HEIGHT = 1000, 1250
_ACCOUNT = """\
[Account: 1]
account_name=letters
is_default=1
name=Ada
address=ada@example.org
protocol=5
"""
_FOLDERS = """\
<?xml version="1.0" encoding="UTF-8"?>
<folderlist>
<folder type="mh" name="Mailbox" path="{mail}">
<folderitem type="inbox" name="inbox" path="inbox" />
</folder>
</folderlist>
"""
_SETTINGS = """\
[Common]
config_version=4
render_html=1
promote_html_part={html}
invoke_plugin_on_html={html}
folderview_width=150
summaryview_height=110
[Plugins_GTK3]
{viewer}
"""


def show(stage: Stage) -> Generator[str, None, None]:
    """Take the pictures; the program cannot be asked, only looked at."""
    with a_screen() as screen:
        for name, html in (("html", 1), ("text", 0)):
            with _reading(stage.letter, screen, html):
                screen.place("Claws Mail", _WIDTH, _HEIGHT)
                screen.picture(stage.path(f"claws-{name}"), _WIDTH, _HEIGHT)
            yield f"claws {name}: shown"


@contextmanager
def _reading(letter: bytes, screen: Screen, html: int) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in ("mail/inbox", "settings"):
            (folder / name).mkdir(parents=True)
        (folder / "mail" / "inbox" / "1").write_bytes(letter)
        settings = {
            "accountrc": _ACCOUNT,
            "folderlist.xml": _FOLDERS.format(mail=folder / "mail"),
            "clawsrc": _SETTINGS.format(viewer=_viewer(), html=html),
        }
        for name, text in settings.items():
            (folder / "settings" / name).write_text(text, encoding="utf-8")
        words = ["claws-mail", "--alternate-config-dir", folder / "settings"]
        words += ["--select", "#mh/Mailbox/inbox/1"]
        with running(words, folder / "log", {**screen.environ, "HOME": place}):
            yield


def _viewer() -> Path:
    """Where the plugin is, on any machine's architecture."""
    return next(Path("/usr/lib").glob("*/claws-mail/plugins/litehtml_viewer.so"))
