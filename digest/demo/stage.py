"""The demo's play: recorded sources and a mail server around an ordinary `digest run`."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path

import digest
from digest.app import House
from digest.app.day import DayReport, Watch, run_day
from digest.config import load_config
from digest.demo.index import write_index
from digest.demo.mail_server import KeptMail, serve_mail
from digest.demo.recordings import serve_recordings
from digest.errors import StorageError

#: The day that was recorded, and the morning after, when the demo happens.
DAY = date(2026, 6, 12)
NOW = datetime(2026, 6, 13, 6, 0, tzinfo=UTC)
_MARK = ".digest-demo"

# The mail server refuses this one, so that there is a refusal to see.
_MOVED = """\
- email: gone@example.net
  name: Once Here
"""
_CONFIG = """\
# Written by `digest demo`: the shipped newsletter, with recorded sources and its own mail server.
newsletter:
  name: Daily Papers
  tagline: Trending papers in your inbox
  curator: AK and the research community
  from: Daily Papers <papers@example.org>
  reply_to: editors@example.org
  site_url: https://papers.example.org
  postal_address: 1 Example Street, 75001 Paris
  timezone: Europe/Paris
sources:
  - {{kind: huggingface, url: "{web}/huggingface"}}
  - kind: arxiv
    categories: [cs.LG]
    max_papers: 5
    url: "{web}/arxiv-feed"
    api_url: "{web}/arxiv"
  - {{kind: feed, name: bioRxiv Genomics, url: "{web}/biorxiv"}}
  - {{kind: file, name: Papers page, url: "{web}/page", format: text}}
themes:
  rules:
    - name: Safety & alignment
      keywords: [jailbreak, red-teaming, guardrail, "AI safety", "AI risk", "safety training"]
subscribers:
  lists: [readers.yaml, team.csv, moved.yaml]
delivery:
  transport: smtp
  smtp: {{host: 127.0.0.1, port: {port}, security: none, connections: 2}}
state: state
"""


def play(folder: Path, watch: Watch) -> list[str]:
    """Run the day of the recordings in `folder` and say what happened, a line each.

    Raises:
        StorageError: the folder is not a demo's, or cannot be written.
    """
    _make_room(folder)
    maildir = folder / "letters"
    with serve_recordings() as web, serve_mail(maildir) as mail:
        config_path = folder / "config.yaml"
        config_path.write_text(_CONFIG.format(web=web, port=mail.port), encoding="utf-8")
        house = House(config=load_config(config_path), clock=lambda: NOW, environ={})
        try:
            report = run_day(house, DAY, watch)
        finally:
            house.close()
    index = write_index(folder, maildir)
    return _told(report, mail, folder, index)


def _make_room(folder: Path) -> None:
    try:
        if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
            raise StorageError(
                f"{folder}: is not empty and not from a demo; name another with --out"
            )
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / _MARK).touch()
        for name in ("readers.yaml", "team.csv", "liked.bib"):
            shutil.copyfile(_example_lists() / name, folder / name)
        (folder / "moved.yaml").write_text(_MOVED, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{folder}: cannot be used: {error.strerror}") from None


def _command() -> str:
    """How this program is called from here."""
    return "digest" if shutil.which("digest") else sys.argv[0]


def _example_lists() -> Path:
    """The example lists: in an installed package, or beside it in a checkout."""
    package = Path(digest.__file__).resolve().parent
    packaged = package / "_subscribers"
    return packaged if packaged.is_dir() else package.parent / "subscribers"


def _questions(report: DayReport, folder: Path) -> list[str]:
    """A command for each edition that went out: the day's, and the week's."""
    ask = f"{_command()} -c {folder}/config.yaml status --date"
    return [f"ask again:           {ask} {key}" for key in report.deliveries]


def _told(report: DayReport, mail: KeptMail, folder: Path, index: Path) -> list[str]:
    assert report.composition is not None
    edition = report.composition.edition
    lines = [
        f"edition {edition.key}: {len(edition.papers)} papers in {len(edition.sections)} themes"
    ]
    lines += [f"  {len(s.papers):>3}  {s.theme}" for s in edition.sections]
    sent = sum(each.sent for each in report.deliveries.values())
    rejected = sum(each.rejected for each in report.deliveries.values())
    lines += [
        f"{sent} letters taken by the mail server, {rejected} refused"
        + (f" ({', '.join(mail.refused)}: no such mailbox)" if mail.refused else ""),
        f"letters (a Maildir): {folder / 'letters'}",
        f"look at them:        {index.resolve().as_uri()}",
        *_questions(report, folder),
    ]
    if find_spec("uvicorn"):  # an extra
        lines.append(f"the readers' pages:  {_command()} -c {folder}/config.yaml serve")
    return lines
