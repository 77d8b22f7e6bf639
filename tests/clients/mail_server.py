"""Dovecot on loopback with one letter in one inbox; any name gets in with the one password."""

from __future__ import annotations

import grp
import os
import pwd
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.clients.processes import NOBODY, hand_over, is_root, running, wait_for
from tests.support.web import refused_port

PASSWORD = "reader"

# Everything that it would do as another user, it does as the one that runs it.
_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/run
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}
}}
"""


@contextmanager
def serve_inbox(letter: bytes) -> Iterator[int]:
    """The port of an IMAP server whose INBOX holds `letter` as its message 1."""
    uid, gid = (NOBODY, NOBODY) if is_root() else (os.getuid(), os.getgid())
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in ("run", "mail/new", "mail/cur", "mail/tmp"):
            (folder / name).mkdir(parents=True)
        (folder / "mail" / "new" / "1.letter").write_bytes(letter)
        port = refused_port()
        config = folder / "dovecot.conf"
        config.write_text(
            _CONFIG.format(
                folder=folder,
                port=port,
                password=PASSWORD,
                user=pwd.getpwuid(uid).pw_name,
                group=grp.getgrgid(gid).gr_name,
            ),
            encoding="utf-8",
        )
        hand_over(folder)
        with running(["/usr/sbin/dovecot", "-F", "-c", config], folder / "log", servant=True):
            wait_for("dovecot", lambda: answers(port))
            yield port


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
