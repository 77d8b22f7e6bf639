"""Mozilla Thunderbird: a profile with one local folder, the letter in a window of its own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.clients.marionette import Marionette
from tests.clients.probe import SCRIPT, tell
from tests.clients.processes import running, wait_for
from tests.clients.screen import HEIGHT, Screen, a_screen
from tests.clients.stage import Stage

# Wider than the letter; its least width; CSS pixels.
_WIDE, _NARROW, _HIGH = 860, 600, 1250

_LIGHT = {"ui.systemUsesDarkTheme": 0, "layout.css.prefers-color-scheme.content-override": 1}
_DARK = {"ui.systemUsesDarkTheme": 1, "layout.css.prefers-color-scheme.content-override": 0}
_USUAL = {
    **_LIGHT,
    "mail.dark-reader.enabled": True,
    "mailnews.display.prefer_plaintext": False,
    "mailnews.message_display.disable_remote_image": True,
}
_PROFILE = {
    **_USUAL,
    "mail.accountmanager.accounts": "account1",
    "mail.accountmanager.localfoldersserver": "server1",
    "mail.account.account1.server": "server1",
    "mail.server.server1.type": "none",
    "mail.server.server1.hostname": "Local Folders",
    "mail.server.server1.name": "Local Folders",
    "mail.server.server1.userName": "nobody",
    "mail.server.server1.directory-rel": "[ProfD]Mail/Local Folders",
    "mail.openMessageBehavior": 0,  # in a window
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mail.winsearch.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "mailnews.start_page_override.mstone": "ignore",
    "app.donation.eoy.version.viewed": 999,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "marionette.port": 0,
}
_SET = """
for (const [name, value] of Object.entries(args[0])) {
  if (typeof value == "boolean") Services.prefs.setBoolPref(name, value);
  else Services.prefs.setIntPref(name, value);
}
"""
_OPEN = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { MailUtils } = ChromeUtils.importESModule("resource:///modules/MailUtils.sys.mjs");
const inbox = MailServices.accounts.localFoldersServer.rootFolder.getChildNamed("Inbox");
const held = () => { try { return [...inbox.messages]; } catch { return []; } };
if (!held().length) inbox.updateFolder(null);
while (!held().length) await new Promise(go => setTimeout(go, 100));
MailUtils.displayMessage(held()[0]);
"""
# The window of the letter, its frame, and the document in it.
_FOUND = """
const frame = Services.wm.getMostRecentWindow("mail:messageWindow");
const inside = frame?.messageBrowser?.contentWindow;
const pane = inside?.document.getElementById("messagepane");
const page = pane?.contentDocument;
"""
_LOADED = """
return inside?.msgLoaded && page != frame.before && page.readyState == "complete"
  && !!page.body.innerText.trim();
"""


@dataclass(frozen=True, kw_only=True)
class _View:
    """How the letter is looked at; `prefs` are added to a new profile's, with a light desktop."""

    name: str
    prefs: Mapping[str, bool | int] = field(default_factory=dict)
    width: int = _WIDE
    height: int = _HIGH


_VIEWS = (
    _View(name="light"),
    _View(name="dark", prefs=_DARK),
    _View(name="dark-mode-off", prefs={**_DARK, "mail.dark-reader.enabled": False}),
    _View(name="text", prefs={"mailnews.display.prefer_plaintext": True}),
    _View(name="narrow", width=_NARROW),
    _View(name="whole", height=HEIGHT),
    _View(name="whole-dark", prefs=_DARK, height=HEIGHT),
)
_PICTURES = {"mailnews.message_display.disable_remote_image": False}
_PICTURED_VIEWS = (
    _View(name="pictures", prefs=_PICTURES),
    _View(name="pictures-dark", prefs={**_PICTURES, **_DARK}),
)


def show(stage: Stage) -> Generator[str, None, None]:
    """Take the pictures; yield what was found, a line each."""
    with a_screen() as screen:
        with _reading(stage.letter, screen) as bird:
            for view in _VIEWS:
                yield bird.look(view, stage)
            yield bird.jump()
            yield bird.menu()
        with _reading(stage.pictured, screen) as bird:
            for view in _PICTURED_VIEWS:
                yield bird.look(view, stage)


@dataclass(frozen=True, kw_only=True)
class _Bird:
    """Thunderbird with the letter open."""

    inside: Marionette
    screen: Screen

    def look(self, view: _View, stage: Stage) -> str:
        self.inside.run(_SET, {**_USUAL, **view.prefs})
        self._reload()
        self._size(view.width, view.height)
        path = stage.path(f"thunderbird-{view.name}")
        self.screen.picture(path, view.width, view.height)
        found = self._in_letter(f"{SCRIPT} return probe(page.body);")
        return tell(f"thunderbird {view.name}", found)

    def jump(self) -> str:
        """Click the first link that leads into the letter, as a reader would."""
        self.inside.run(_SET, _USUAL)
        self._reload()
        self._size(_WIDE, _HIGH)
        x, y, before, words = self._in_letter("""
            const link = page.querySelector("a[href^='#']");
            link.scrollIntoView({ block: "center" });
            const box = link.getBoundingClientRect();
            const zoom = frame.devicePixelRatio;
            return [(page.defaultView.mozInnerScreenX + box.x + 5) * zoom,
                    (page.defaultView.mozInnerScreenY + box.y + box.height / 2) * zoom,
                    page.defaultView.scrollY, link.textContent];
        """)
        self.screen.click(x, y)
        self.screen.rest(_WIDE, _HIGH)
        after = self._in_letter("return page.defaultView.scrollY;")
        return f"thunderbird jump: a click on {words!r} scrolls from {before:.0f} to {after:.0f} px"

    def menu(self) -> str:
        """Whether the reader finds List-Unsubscribe beside the letter."""
        shown = self._in_letter("""
            const row = inside.document.getElementById("expandedlist-idRow")
              ?? inside.document.getElementById("expandedlist-idBox");
            const item = inside.document.getElementById("listIdListUnsubscribe");
            return [!!row, item?.label ?? ""];
        """)
        return f"thunderbird menu: a row for the list {shown[0]}, in its menu {shown[1]!r}"

    def _reload(self) -> None:
        """Show the letter anew, as the settings now want it."""
        self._in_letter("frame.before = page; inside.ReloadMessage();")
        wait_for("the letter", lambda: self._in_letter(_LOADED))

    def _size(self, width: int, height: int) -> None:
        """Give the window a size; what it reads "Loading" in stays out of the pictures."""
        self._in_letter(f"""
            frame.document.getElementById("status-bar").hidden = true;
            frame.resizeTo({width}, {height});
        """)
        size = f"return frame.outerWidth == {width} && frame.outerHeight == {height};"
        wait_for("its size", lambda: self._in_letter(size))

    def _in_letter(self, script: str) -> Any:
        return self.inside.run(_FOUND + script)


@contextmanager
def _reading(letter: bytes, screen: Screen) -> Iterator[_Bird]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _furnish(folder / "profile", letter)
        environ = {
            **screen.environ,
            "HOME": place,
            "TMPDIR": place,
            "MOZ_CRASHREPORTER_DISABLE": "1",
        }
        words = ["thunderbird", "--profile", folder / "profile", "--no-remote"]
        words += ["--marionette", "--remote-allow-system-access"]
        with running(words, folder / "log", environ):
            told = folder / "profile" / "MarionetteActivePort"
            port = wait_for("Thunderbird", lambda: told.exists() and told.read_text())
            inside = Marionette(int(port))
            wait_for(
                "its window",
                lambda: inside.run("return !!Services.wm.getMostRecentWindow('mail:3pane')"),
            )
            inside.run(_OPEN)
            bird = _Bird(inside=inside, screen=screen)
            wait_for("the letter", lambda: bird._in_letter(_LOADED))
            yield bird
            inside.close()


def _furnish(profile: Path, letter: bytes) -> None:
    """A profile with nothing to ask, and an inbox (mbox) with the letter in it."""
    inbox = profile / "Mail" / "Local Folders" / "Inbox"
    inbox.parent.mkdir(parents=True)
    lines = letter.replace(b"\r\n", b"\n").replace(b"\nFrom ", b"\n>From ")
    inbox.write_bytes(b"From - Mon Jan  5 06:00:00 2026\n" + lines + b"\n")
    prefs = "".join(f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in _PROFILE.items())
    (profile / "user.js").write_text(prefs, encoding="utf-8")
