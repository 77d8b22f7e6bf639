"""A reader joins: what she asked for goes into a link, and onto a list when she follows it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.app.house import House
from digest.app.roster import Roster
from digest.app.signing import load_signers
from digest.app.wishes import CHOICES, PAUSE, said
from digest.errors import ListError, StorageError
from digest.mailing.note import write_note
from digest.mailing.pending import Pending, confirm_url, open_pending, seal_pending
from digest.mailing.token import PREFERENCES, preferences_url, sign_token
from digest.model import EditionKey, EmailAddress, Letter
from digest.rendering.notes import render_note
from digest.storage.lists.editing import add_subscriber, change_subscriber
from digest.storage.lists.files import show
from digest.storage.lists.saving import save_clicks
from digest.storage.returning import let_return, standing_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """What it takes to answer one who joins; `keys` newest first. Its methods may block."""

    house: House
    roster: Roster

    def letter(
        self, keys: Sequence[bytes], address: EmailAddress, fields: Mapping[str, str]
    ) -> Letter | None:
        """The letter that a sign-up calls for; None: she is never to be mailed.

        Who is on a list already is told so, with the link to her choices: the page has to say
        the same to everybody.

        Raises:
            StorageError: the database cannot be read.
            TemplateError: the letter cannot be written.
        """
        now = self.house.clock()
        reader = self.house.reader_id(address)
        standing = standing_of(self.house.database, address, reader)
        if standing.barred:
            return None
        site = self.house.config.newsletter.site_url
        known = not standing.suppressed and self._is_listed(reader)
        if known:
            link = preferences_url(site, sign_token(keys, reader, PREFERENCES))
        else:
            pending = Pending(
                address=address, fields=fields, asked_at=now, returning=standing.suppressed
            )
            link = confirm_url(site, seal_pending(keys, pending))
        return self._note(keys, address, link, now, known=known)

    def read(self, keys: Sequence[bytes], token: str) -> Pending | None:
        """What a confirmation link asks for, if it may still be had."""
        web = self.house.config.web
        pending = open_pending(keys, token, now=self.house.clock(), within=web.confirm_within)
        if pending is None:
            return None
        reader = self.house.reader_id(pending.address)
        standing = standing_of(self.house.database, pending.address, reader)
        allowed = standing.allows(pending.asked_at, returning=pending.returning)
        return pending if allowed else None

    def confirm(self, keys: Sequence[bytes], token: str) -> Pending | None:
        """Put her on the list, and lift her own suppression; None: the link is worth nothing.

        To follow a link twice changes nothing.

        Raises:
            ListError: the list has problems, which its owner must mend.
            LockHeld: someone else edits the list.
            StorageError: it could not be written; following the link again mends all.
        """
        pending = self.read(keys, token)
        if pending is None:
            return None
        reader = self.house.reader_id(pending.address)
        if (listed := self.roster.find(reader)) is None:
            self._add(pending, reader)
        elif standing_of(self.house.database, pending.address, reader).suppressed:
            # Her row outlived her leaving; what she asks for now counts, and no old pause.
            defaults = self.roster.defaults_of(listed)
            asked = {n: said(pending.fields.get(n, ""), n, defaults) for n in (*CHOICES, PAUSE)}
            changes = {**pending.fields, **asked}
            # Of a query's row nothing can be changed: she gets what stands there.
            change_subscriber(self.roster.paths(), pending.address, changes, save=save_clicks)
        returned = let_return(
            self.house.database,
            pending.address,
            reader,
            asked_at=pending.asked_at,
            returning=pending.returning,
        )
        return pending if returned else None  # she left just now

    def _is_listed(self, reader: str) -> bool:
        """A list that nobody can read keeps nobody from joining another."""
        try:
            return self.roster.find(reader) is not None
        except ListError:
            return False

    def _add(self, pending: Pending, reader: str) -> None:
        config = self.house.config
        path = config.path(config.web.list)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{path.parent}: cannot be made: {error.strerror}") from None
        try:
            fields = {"email": str(pending.address), **pending.fields}
            add_subscriber(path, fields, save=save_clicks)
        except ListError:
            if self.roster.find(reader) is None:  # else a second click was quicker
                _log.error("%s: cannot take a new reader", show(path, config.folder))
                raise

    def _note(
        self,
        keys: Sequence[bytes],
        address: EmailAddress,
        link: str,
        now: datetime,
        *,
        known: bool,
    ) -> Letter:
        house = self.house
        newsletter = house.config.newsletter
        hours = max(int(house.config.web.confirm_within // 3600), 1)
        facts = {"known": known, "link": link, "hours": hours}
        templates = house.templates(EditionKey.daily(house.today()))
        note = render_note(templates, "confirm", facts, newsletter, house.catalogues)
        return write_note(
            newsletter,
            address,
            subject=note.subject,
            html=note.html,
            text=note.text,
            language=note.language,
            now=now,
            keys=keys,
            signers=load_signers(house),
        )
