"""What of the pages and of the mail that comes back can be known before anybody uses them."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from digest.app.finding import Finding
from digest.app.house import House
from digest.app.mailboxes import open_mailbox, require_packages
from digest.storage.lists.files import can_be_edited, list_files, show

_PAGES_NEED = ("starlette", "uvicorn", "python_multipart", "cryptography")
_SECONDS = 5.0


def look_at_site(house: House, *, network: bool) -> Iterator[Finding]:
    """Whether `digest serve` can work, and whether it does. A newsletter may go without it."""
    if any(find_spec(name) is None for name in _PAGES_NEED):
        words = "digest serve needs more packages: pip install 'papers-digest[web]'"
        yield Finding(about="site", ok=None, words=words)
        return
    for path in _unwritable(house):
        words = f"{show(path, house.config.folder)}: this user cannot write in its folder, so its"
        words += " readers can neither join nor choose by the pages"
        yield Finding(about="site", ok=None, words=words)
    if network:
        yield _answer(house)


def look_at_bounces(house: House, *, network: bool) -> Iterator[Finding]:
    """Whether the mailbox can be read; nothing in it is touched.

    Raises:
        DigestError: it cannot.
    """
    bounces, address = house.config.bounces, house.config.newsletter.bounces
    named = bounces.maildir or bounces.mbox or (bounces.imap and bounces.imap.where)
    if not named:
        if address:
            words = f"what comes back to {address} is not read: set bounces.maildir, mbox or imap"
            yield Finding(about="bounces", ok=None, words=words)
        return
    require_packages(house, imap=True)
    if bounces.imap is not None and not network:
        return
    mailbox = open_mailbox(house)
    if mailbox is not None:
        mailbox.close()
    yield Finding(about="bounces", ok=True, words=f"{named} can be read")


def _unwritable(house: House) -> list[Path]:
    """The lists that no reader's step can change."""
    config = house.config
    paths = [file.path for file in list_files(config)]
    if config.web.sign_up:
        paths.append(config.path(config.web.list))
    return [path for path in dict.fromkeys(paths) if not can_be_edited(path)]


def _answer(house: House) -> Finding:
    web = house.config.web
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.host, web.host)  # noqa: S104 - compared
    where = f"{web.host}:{web.port}"
    try:
        with closing(http.client.HTTPConnection(host, web.port, timeout=_SECONDS)) as client:
            client.request("GET", "/health")
            answer = client.getresponse()
            said = answer.read(4096).decode("utf-8", "replace").strip()
    except ConnectionRefusedError:
        return Finding(about="site", ok=None, words=f"nothing answers on {where}: digest serve")
    except (OSError, http.client.HTTPException) as error:
        words = f"{where} cannot be asked: {type(error).__name__}"
        return Finding(about="site", ok=None, words=words)
    if answer.status == 200 and said == '{"status":"ok"}':
        return Finding(about="site", ok=True, words=f"digest serve answers on {where}")
    if answer.status == 503 and said.startswith('{"status"'):
        return Finding(about="site", ok=False, words=f"digest serve on {where} says {said}")
    words = f"another program answers on {where}: set web.port"
    return Finding(about="site", ok=None, words=words)
