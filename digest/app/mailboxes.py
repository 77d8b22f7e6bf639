"""Opens the mailbox to which letters come back."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from digest.app.house import House
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app.bounces import Mailbox


def require_packages(house: House, *, imap: bool) -> None:
    """Reading bounces is an extra.

    Raises:
        UsageError: it is not installed.
    """
    wanted = ["flufl", *(["imapclient"] if imap and house.config.bounces.imap else [])]
    if any(find_spec(name) is None for name in wanted):
        raise UsageError("reading bounces needs more: pip install 'papers-digest[bounces]'")


def open_mailbox(house: House) -> Mailbox | None:
    """The one that the config names; None: it names none. Close it.

    Raises:
        ConfigError: a password is missing.
        MailboxError: it is not there, or lets nobody in.
    """
    bounces, path = house.config.bounces, house.config.path
    if bounces.maildir is not None:
        from digest.bounces.maildir import Maildir

        return Maildir(path(bounces.maildir))
    if bounces.mbox is not None:
        from digest.bounces.mbox import Mbox

        return Mbox(path(bounces.mbox))
    if bounces.imap is not None:
        from digest.bounces.imap import ImapMailbox

        ca_file = path(bounces.imap.ca_file) if bounces.imap.ca_file else None
        return ImapMailbox(bounces.imap, house.environ, ca_file)
    return None
