"""Roundcube, the webmail, in Chromium: PHP's own server before an IMAP server with the letter."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from tests.clients.mail_server import PASSWORD, answers, serve_inbox
from tests.clients.probe import SCRIPT, tell
from tests.clients.processes import hand_over, running, wait_for
from tests.clients.stage import Stage
from tests.support.browsing import FLAGS, find_chromium
from tests.support.web import refused_port

# Where Debian puts it.
_PAGES = Path("/var/lib/roundcube/public_html")
_SETTINGS = Path("/etc/roundcube")
_CONFIG = """\
<?php
$config['db_dsnw'] = 'sqlite:///{folder}/roundcube.db?mode=0600';
$config['imap_host'] = '127.0.0.1:{imap}';
$config['smtp_host'] = '127.0.0.1:1';
$config['log_dir'] = '{folder}/logs/';
$config['temp_dir'] = '{folder}/temp/';
$config['des_key'] = 'only-for-this-one-letter';
$config['skin'] = 'elastic';
$config['plugins'] = [];
$config['language'] = 'en_US';
$config['username_domain'] = 'example.org';
"""
_READ = "?_task=mail&_mbox=INBOX&_uid=1&_action=show"


@dataclass(frozen=True, kw_only=True)
class _View:
    """`own` is the skin's own switch, which is not that of the desktop."""

    name: str
    scheme: Literal["light", "dark"] = "light"
    own: Literal["light", "dark", None] = None
    width: int = 1000
    height: int = 1250
    allowed: bool = False


_VIEWS = (
    _View(name="light"),
    _View(name="dark", scheme="dark"),
    _View(name="dark-skin-only", own="dark"),
    _View(name="phone", width=375, height=900),
    _View(name="phone-dark", width=375, height=900, scheme="dark"),
    _View(name="pictures", allowed=True),
)


def show(stage: Stage) -> Generator[str, None, None]:
    """Take the pictures; yield what was found, a line each."""
    with serve_inbox(stage.pictured) as imap, _webmail(imap) as address, _chromium() as browser:
        for view in _VIEWS:
            page = _log_in(browser, address, view)
            page.goto(address + _READ, wait_until="networkidle")
            if view.allowed:
                page.click("#remote-objects-message a")
                page.wait_for_load_state("networkidle")
            page.screenshot(path=stage.path(f"roundcube-{view.name}"))
            found = page.evaluate(f"{SCRIPT} probe(document.querySelector('#messagebody'));")
            yield tell(f"roundcube {view.name}", found)
            page.context.close()
        yield _jump(browser, address)


def _jump(browser: Browser, address: str) -> str:
    """Click the first link of the letter that leads into it."""
    page = _log_in(browser, address, _VIEWS[0])
    page.goto(address + _READ, wait_until="networkidle")
    link = page.locator("#messagebody a[href^='#']").first
    words = link.inner_text()
    scrolled = "document.querySelector('#layout-content > .content').scrollTop"
    before = page.evaluate(scrolled)
    link.click()
    with suppress(TimeoutError):
        page.wait_for_function(f"{scrolled} > {before}", timeout=5_000)
    after = page.evaluate(scrolled)
    page.context.close()
    return f"roundcube jump: a click on {words!r} scrolls from {before:.0f} to {after:.0f} px"


def _log_in(browser: Browser, address: str, view: _View) -> Page:
    size = {"width": view.width, "height": view.height}
    context = browser.new_context(viewport=size, color_scheme=view.scheme)
    if view.own:
        context.add_cookies([{"name": "colorMode", "value": view.own, "url": address}])
    page = context.new_page()
    page.goto(address)
    page.fill("#rcmloginuser", "ada")
    page.fill("#rcmloginpwd", PASSWORD)
    page.click("#rcmloginsubmit")
    page.wait_for_load_state("networkidle")
    return page


@contextmanager
def _webmail(imap: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in ("logs", "temp"):
            (folder / name).mkdir()
        for name in ("defaults.inc.php", "mimetypes.php"):
            (folder / name).symlink_to(_SETTINGS / name)
        config = _CONFIG.format(folder=folder, imap=imap)
        (folder / "config.inc.php").write_text(config, encoding="utf-8")
        hand_over(folder)
        port = refused_port()
        words = ["php", "-S", f"127.0.0.1:{port}", "-t", _PAGES]
        environ = {"ROUNDCUBE_CONFIG_DIR": place}
        with running(words, folder / "log", environ, servant=True):
            wait_for("Roundcube", lambda: answers(port))
            yield f"http://127.0.0.1:{port}/"


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
