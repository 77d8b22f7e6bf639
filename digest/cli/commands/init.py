"""`digest init`: a newsletter to start from."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parseaddr, quote
from pathlib import Path

import click

from digest.cli.desk import note
from digest.errors import StorageError, UsageError

_CONFIG = """\
# digest: what goes into the newsletter, how it looks and how it leaves.
# It mails nobody until delivery.transport is smtp. Every key: docs/configuration.md

newsletter:
  name: {name}
  tagline: Trending papers in your inbox
  from: {name} <{address}>
  site_url: http://localhost:8000        # where readers reach `digest serve`; links begin so
  postal_address: 1 Example Street, 75001 Paris
  timezone: {timezone}

sources:
  - {{kind: huggingface}}
  - {{kind: arxiv, categories: [cs.AI, cs.CL, cs.LG]}}

edition:
  max_papers: 40

themes:
  rules:
    - name: Safety & alignment
      keywords: [jailbreak, red-teaming, guardrail, "AI safety", "AI risk", "safety training"]

subscribers:
  lists: [subscribers/readers.yaml]      # who joins by the pages goes to subscribers/web.csv

delivery:
  transport: outbox                      # then: smtp
  smtp:
    host: localhost
    port: 587
    security: starttls
    username: papers                     # the password is in DIGEST_SMTP_PASSWORD
"""
_LIST = """\
# One reader an entry; only email is needed. `digest subscribers check` reads this file.
- email: ada@example.org
  name: Ada Example
- email: ben@example.org
  themes: [Safety & alignment, "*Agents*"]
  keywords: [test-time compute]
  frequency: weekdays
"""
_IGNORE = "var/\n"


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path), default=".")
@click.option("--name", default="Daily Papers", show_default=True, help="The newsletter's name.")
@click.option("--from", "address", default="papers@example.org", show_default=True)
@click.option("--timezone", default="UTC", show_default=True)
def command(folder: Path, name: str, address: str, timezone: str) -> int:
    """Write config.yaml and subscribers/readers.yaml into FOLDER; nothing is overwritten."""
    import json

    from digest.app.named_reader import parse_address
    from digest.config.values import check_one_line, check_time_zone

    parse_address(address, "--from")
    _check(timezone, "--timezone", check_time_zone)
    _check(name, "--name", check_one_line)
    words = {"name": json.dumps(name, ensure_ascii=False), "timezone": timezone}
    mailbox = json.dumps(_mailbox(name, address), ensure_ascii=False)
    config = _CONFIG.replace("{name} <{address}>", "{mailbox}")
    files = {
        folder / "config.yaml": config.format(**words, mailbox=mailbox),
        folder / "subscribers" / "readers.yaml": _LIST,
        folder / ".gitignore": _IGNORE,
    }
    existing = [str(path) for path in files if path.exists() and path.name != ".gitignore"]
    if existing:
        raise UsageError(f"{', '.join(existing)}: exists already; nothing was written")
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_text(text, encoding="utf-8")
                note(f"wrote {path}")
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written: {error.strerror}") from None
    note(
        "next: digest preview --open, then digest run --dry-run;"
        " digest serve shows the readers' pages"
    )
    return 0


def _check(text: str, option: str, check: Callable[[str], str]) -> None:
    try:
        check(text)
    except ValueError as error:
        raise UsageError(f"{option} {text!r}: {error}") from None


def _mailbox(name: str, address: str) -> str:
    """The name in quotes if a mail program would take a part of it for the address."""
    plain = f"{name} <{address}>"
    return plain if parseaddr(plain) == (name, address) else f'"{quote(name)}" <{address}>'
