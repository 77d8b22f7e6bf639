"""`digest bounces`: the mail that came back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from digest.cli.desk import Desk, count, json_option, note, pass_desk, show, show_json
from digest.cli.voice import VOICE
from digest.errors import ConfigError, NotNow, StorageError, UsageError

if TYPE_CHECKING:
    from digest.app import House
    from digest.app.bounces import BounceReport, Mailbox
    from digest.storage.bounce_book import Entry

_REFUSALS_SHOWN = 10


@click.command("bounces")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--dry-run", is_flag=True, help="Say what would change; mark and change nothing.")
@json_option
@pass_desk
def command(desk: Desk, files: tuple[str, ...], dry_run: bool, as_json: bool) -> int:
    """Read the mailbox of bounces, or mails in FILES; - is a mail on stdin.

    Whose mailbox is gone, who complains and who asks to leave is mailed no more; a line says
    each. It never answers a mail. Silent when nothing changes.
    """
    from digest.app.bounces import BounceReport, read_mailbox

    house = desk.house
    if not house.has_state:
        what = f"nothing was mailed yet: {house.place} holds no state"
        if "-" in files:
            raise NotNow(what)
        note(what)
    mailbox = _open(house, files)
    report = BounceReport()
    try:
        if house.has_state:
            read_mailbox(house, mailbox, dry_run=dry_run, report=report)
    except (StorageError, ConfigError) as error:
        if "-" in files:  # a mail server that pipes the mail in keeps it, and tries again
            raise NotNow(error.message) from None
        raise
    finally:  # also what was done before it failed
        mailbox.close()
        _tell(report, dry_run=dry_run, as_json=as_json)
    return 0


def _tell(report: BounceReport, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        show_json(_document(report, dry_run=dry_run))
        return
    for line in _lines(report, dry_run=dry_run):
        show(line)
    if VOICE.chatty:
        note(_summary(report))


def _open(house: House, files: tuple[str, ...]) -> Mailbox:
    from digest.app.mailboxes import open_mailbox, require_packages

    require_packages(house, imap=not files)
    if files:
        from digest.bounces.single import Singles

        return Singles(files)
    if (mailbox := open_mailbox(house)) is None:
        raise UsageError("no mailbox to read: set bounces.maildir, mbox or imap, or name a FILE")
    return mailbox


def _lines(report: BounceReport, *, dry_run: bool) -> list[str]:
    """One for each reader who is mailed no more, and what was said against us."""
    will = "would be mailed no more" if dry_run else "is mailed no more"
    lines = [
        _clean(f"{_who(effect.entry)} {will}: {effect.reason} ({effect.entry.source})")
        for effect in report.effects
        if effect.suppressed is not None
    ]
    refusals = [effect.entry for effect in report.effects if effect.entry.cause == "refusal"]
    for entry in refusals[:_REFUSALS_SHOWN]:
        words = _clean(f"{entry.status} {entry.words}".strip()) or "no reason given"
        lines.append(f"a letter to {_who(entry)} was refused because of us: {words}")
    if more := len(refusals) - _REFUSALS_SHOWN:
        lines += [f"and {count(more, 'letter')} more"] if more > 0 else []
    return lines


def _summary(report: BounceReport) -> str:
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in report.kinds.most_common())
    return (
        f"{count(report.read, 'mail')} read{f': {kinds}' if kinds else ''};"
        f" {report.known:,} known already, {report.unfounded:,} not about a letter of ours"
    )


def _document(report: BounceReport, *, dry_run: bool) -> dict[str, Any]:
    return {
        "read": report.read,
        "kinds": dict(report.kinds),
        "unfounded": report.unfounded,
        "known": report.known,
        "new": [
            {
                "address": str(effect.entry.address) if effect.entry.address else None,
                "edition": str(effect.entry.edition) if effect.entry.edition else None,
                "cause": str(effect.entry.cause),
                "status": effect.entry.status,
                "words": _clean(effect.entry.words),
                "suppressed": str(effect.suppressed) if effect.suppressed else None,
                "reason": _clean(effect.reason),
                "source": _clean(effect.entry.source),
            }
            for effect in report.effects
        ],
        "dry_run": dry_run,
    }


def _who(entry: Entry) -> str:
    return str(entry.address) if entry.address else f"reader {entry.reader_id}"


def _clean(text: str) -> str:
    """A server's words, without what a terminal would obey and what is secret."""
    return VOICE.secrets.hide("".join(c if c.isprintable() else " " for c in text))
