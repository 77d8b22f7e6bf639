"""A reader looks at her choices, changes them, or has herself deleted."""

from __future__ import annotations

from dataclasses import dataclass

from digest.app.house import House
from digest.app.roster import Roster
from digest.app.wishes import Wishes, changed_choices, paused_until
from digest.model import Frequency, Subscriber
from digest.model.subscriber import FURTHER_NOTICE
from digest.storage.forgetting import forget, pause_letters
from digest.storage.lists.editing import change_subscriber, remove_subscriber
from digest.storage.lists.saving import save_clicks
from digest.storage.returning import standing_of
from digest.storage.suppressions import address_of_reader

PAUSED = "the reader pauses"
DELETED = "the reader had herself deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What links to a reader's choices lead to. Its methods may block."""

    house: House
    roster: Roster

    def find(self, reader_id: str) -> Subscriber | None:
        """The reader on her list; None: she is on none, or has left.

        Raises:
            StorageError: the database cannot be read.
        """
        found = self.roster.find(reader_id)
        if found is None or standing_of(self.house.database, found.address, reader_id).suppressed:
            return None
        return found

    def change(self, reader_id: str, reader: Subscriber, wishes: Wishes) -> bool:
        """Write sound wishes into her row; they hold from the next edition that is planned.

        False: nothing was written, as her row was taken out while she chose.

        A pause holds at once: letters that no run has begun are skipped. Where her row is a
        query's (`Roster.keeps`), nothing can be written.

        Raises:
            ListError: the list has problems, which its owner must mend.
            LockHeld: someone else edits the list.
            StorageError: it could not be written.
        """
        changes = changed_choices(wishes, reader, self.roster.defaults_of(reader))
        paths = self.roster.paths()
        if change_subscriber(paths, reader.address, changes, save=save_clicks) is None:
            return False
        until = paused_until(wishes)
        if wishes.fields.get("frequency") == Frequency.PAUSED:
            until = FURTHER_NOTICE
        if until is not None:
            now = self.house.clock()
            pause_letters(self.house.database, reader_id, until=until, reason=PAUSED, at=now)
        return True

    def delete(self, reader_id: str) -> None:
        """Suppress her by her id, take her off every list and her address out of the ledger.

        In this order: whatever fails, no letter follows. To do it again finishes the rest.

        Raises:
            ListError, LockHeld, StorageError: as `change`.
        """
        found = self.roster.find(reader_id)
        database = self.house.database
        address = found.address if found else address_of_reader(database, reader_id)
        forget(database, None, reader_id, reason=DELETED, at=self.house.clock())
        if found is not None:
            remove_subscriber(self.roster.paths(), found.address, save=save_clicks)
        if address is not None:
            forget(database, address, reader_id, reason=DELETED, at=self.house.clock())
