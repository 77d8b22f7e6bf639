"""An edition as one reader would get it, without touching the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import MIMEPart
from email.parser import BytesParser
from pathlib import Path

from digest.app.house import House
from digest.app.looks import look_for, rendition_in
from digest.app.named_reader import parse_address
from digest.app.one_letter import send_one
from digest.app.plan import make_chooser
from digest.app.signing import load_signers
from digest.config import NewsletterConfig
from digest.delivery.faults import ConnectFailed
from digest.errors import DeliveryError, StorageError, UsageError
from digest.mailing.anatomy import LetterSizes, measure_letter
from digest.mailing.assemble import Shortening
from digest.mailing.choice import Choice
from digest.mailing.forms import forms_of
from digest.mailing.letter import LetterWriter
from digest.mailing.segments import look_of, segment_in
from digest.model import (
    Edition,
    Letter,
    Outcome,
    OutcomeKind,
    Recipient,
    Rendition,
    Stage,
    Subscriber,
)
from digest.storage.atomic import current_umask, save_file
from digest.storage.campaigns import Campaign, load_campaign
from digest.storage.census import rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A letter, taken apart again: what a mail program would show. `html` is "" for text.

    `frozen`: it is made of what was frozen, so it is what is mailed.

    `forms` says how it shows each paper chosen for it, by id, as `forms_of` does.
    """

    letter: Letter
    subject: str
    preheader: str
    html: str
    text: str
    papers: int
    shortened: Shortening
    forms: Mapping[str, str]
    sizes: LetterSizes
    frozen: bool = False


def preview_letter(
    house: House,
    edition: Edition,
    *,
    reader: Subscriber | None = None,
    to: str | None = None,
    anew: bool = False,
) -> Preview:
    """The letter of `edition` for `reader`, or for a reader without wishes.

    A frozen edition's is the one that is mailed, unless it shall be rendered `anew`. With `to` it
    is addressed to that person, and its links are hers: who looks at a preview cannot unsubscribe
    somebody else.

    Raises:
        UsageError: nothing in the edition matches the reader's choice.
        TemplateError: it has to be rendered, and cannot be.
    """
    chosen = reader or Subscriber(address=house.config.newsletter.sender)
    address = parse_address(to, "--to") if to else chosen.address
    campaign = None if anew else load_campaign(house.database, edition.key)
    row = None
    if campaign and reader:
        row = next(rows(house.database, edition.key, address=reader.address), None)
    if campaign and row and row.segment:
        choice = Choice.from_json(campaign.choices[row.segment])
        look = look_of(row.segment)
    else:
        choice = make_chooser(house, edition).choose(chosen)
        look = look_for(house, edition.key, chosen)
    if not choice.count:
        raise UsageError(
            f"edition {edition.key} has nothing that matches {chosen.address}'s choice"
        )
    made = _made(house, edition, campaign, look)
    segment = segment_in(look, choice.segment)
    writer = LetterWriter(
        made.rendition,
        {segment: choice},
        made.newsletter,
        made.keys,
        made.made_at,
        subject_prefix=f"{made.rendition.words['preview']} " if to else "",
        signers=load_signers(house),
    )
    known = row.name if row else chosen.name
    recipient = Recipient(
        edition=edition.key,
        address=address,
        name=known if address == chosen.address else "",
        reader_id=house.reader_id(address),
        segment=segment,
        due_at=row.due_at if row and not to else made.made_at,
    )
    letter = writer.write(recipient)
    message = BytesParser(policy=policy.default).parsebytes(letter.content)
    assembled = writer.assembled(segment)
    return Preview(
        letter=letter,
        subject=str(message["Subject"]),
        preheader=assembled.preheader,
        html=_content(message.get_body(("html",))),
        text=_content(message.get_body(("plain",))),
        papers=len(assembled.papers),
        shortened=assembled.shortened,
        forms=forms_of(made.rendition, choice, assembled),
        sizes=measure_letter(
            letter.content, made.rendition, assembled, writer.links, writer.values(recipient)
        ),
        frozen=campaign is not None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What letters of an edition in one look are made of, whoever gets them."""

    rendition: Rendition
    newsletter: NewsletterConfig
    keys: tuple[bytes, ...]
    made_at: datetime


def _made(house: House, edition: Edition, campaign: Campaign | None, look: str) -> _Made:
    rendition = rendition_in(house, edition, campaign, look)
    if campaign is None:
        return _Made(
            rendition=rendition,
            newsletter=house.config.newsletter,
            keys=house.keys,
            made_at=edition.created_at,
        )
    return _Made(
        rendition=rendition,
        newsletter=campaign.newsletter or house.config.newsletter,
        keys=house.keys_for(campaign.key_fingerprint),
        made_at=campaign.frozen_at,
    )


def _content(part: MIMEPart | None) -> str:
    """A part's text with the line ends of a file; "" when there is no such part."""
    return str(part.get_content()).replace("\r\n", "\n") if part else ""


#: All that `write_files` may write.
FILES = ("letter.eml", "letter.html", "letter.txt")


def write_files(preview: Preview, folder: Path) -> tuple[Path, ...]:
    """`letter.eml`, `letter.html` and `letter.txt` in `folder`, which is made if missing.

    Raises:
        StorageError: it cannot be written.
    """
    parts = {"letter.eml": preview.letter.content, "letter.txt": preview.text.encode()}
    if preview.html:
        parts["letter.html"] = preview.html.encode()
    return write_folder(folder, parts)


def write_folder(folder: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Files by name in `folder`, which is made if missing; their paths in order.

    A file of that name is replaced, so that what a link leads to stays as it is.

    Raises:
        StorageError: it cannot be written.
    """
    mode = 0o666 & ~current_umask()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            save_file(folder / name, content, mode=mode)
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written: {error.strerror}") from None
    return tuple(folder / name for name in sorted(files))


def clear_folder(folder: Path, names: Iterable[str]) -> None:
    """Take away the files, or links, that an earlier preview left in `folder` by these names.

    Raises:
        StorageError: it cannot be taken away.
    """
    try:
        for path in (folder / name for name in names):
            if path.is_file() or path.is_symlink():
                path.unlink()
    except OSError as error:
        raise StorageError(f"{error.filename}: cannot be removed: {error.strerror}") from None


def send_preview(house: House, preview: Preview) -> Outcome:
    """Send it by the configured transport. The ledger knows nothing of it.

    Raises:
        DeliveryError: the relay did not take it; the line has its words.
    """

    async def work() -> Outcome:
        try:
            return await send_one(house, preview.letter)
        except ConnectFailed as error:
            if error.stage is not Stage.CONNECT or not error.temporary:
                raise  # it says what to mend
            key = "relays" if house.config.delivery.relays else "smtp.host"
            hint = f"is delivery.{key} right? `digest doctor` tries it; nothing was sent"
            raise DeliveryError(f"{error} ({hint})") from None

    outcome = asyncio.run(work())
    if outcome.kind is not OutcomeKind.SENT:
        words = f"{outcome.code or ''} {outcome.words}".strip()
        raise DeliveryError(f"the preview was not taken ({outcome.kind}): {words}")
    return outcome
