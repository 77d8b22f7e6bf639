"""Dovecot on loopback with some mails in one inbox; any name gets in with the one password."""

from __future__ import annotations

import grp
import os
import pwd
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.clients.processes import NOBODY, hand_over, is_root, running, wait_for
from tests.support.web import refused_port

PASSWORD = "reader"
_CERTIFICATES = Path(__file__).parent.parent / "data" / "tls"

# Everything that it would do as another user, it does as the one that runs it.
_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/run
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
ssl = {ssl}
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
disable_plaintext_auth = no
auth_failure_delay = 0
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
  inet_listener imaps {{
    port = {tls_port}
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
def serve_inbox(*letters: bytes) -> Iterator[int]:
    """The port of an IMAP server whose INBOX holds these, the first as its message 1."""
    with serve_mailbox(*letters) as server:
        yield server.port


@dataclass(frozen=True)
class ImapServer:
    """`tls_port` speaks TLS from the first octet (with a certificate of `tests/data/tls`)."""

    port: int
    tls_port: int


@contextmanager
def serve_mailbox(*letters: bytes, tls: bool = False) -> Iterator[ImapServer]:
    """An IMAP server with these in its INBOX, none of them seen; with `tls` it offers STARTTLS."""
    uid, gid = (NOBODY, NOBODY) if is_root() else (os.getuid(), os.getgid())
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in ("run", "mail/new", "mail/cur", "mail/tmp"):
            (folder / name).mkdir(parents=True)
        for number, letter in enumerate(letters, 1):
            (folder / "mail" / "new" / f"{number:03}.letter").write_bytes(letter)
        for name in ("server.pem", "server.key"):
            (folder / name).write_bytes((_CERTIFICATES / name).read_bytes())
        server = ImapServer(refused_port(), refused_port())
        config = folder / "dovecot.conf"
        config.write_text(
            _CONFIG.format(
                folder=folder,
                port=server.port,
                tls_port=server.tls_port if tls else 0,
                ssl="yes" if tls else "no",
                password=PASSWORD,
                user=pwd.getpwuid(uid).pw_name,
                group=grp.getgrgid(gid).gr_name,
            ),
            encoding="utf-8",
        )
        hand_over(folder)
        with running(["/usr/sbin/dovecot", "-F", "-c", config], folder / "log", servant=True):
            wait_for("dovecot", lambda: answers(server.port))
            yield server


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
