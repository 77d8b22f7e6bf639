"""Says of readers whether they are suppressed, and why."""

from __future__ import annotations

from collections.abc import Callable

from digest.app.house import House
from digest.model import EmailAddress, Subscriber
from digest.storage.suppressions import Suppression, list_suppressions, suppressed_keys


def suppressed_test(house: House) -> Callable[[Subscriber], bool]:
    """A question that may be asked of a million readers."""
    if not house.has_state:
        return lambda _: False
    keys, reader_ids = suppressed_keys(house.database)
    if not reader_ids:
        return lambda reader: reader.address.key in keys
    return lambda reader: (
        reader.address.key in keys or house.reader_id(reader.address) in reader_ids
    )


def suppressions_of(house: House, address: EmailAddress) -> tuple[Suppression, ...]:
    """Why, by what and since when an address is not mailed; nothing where it is."""
    if not house.has_state:
        return ()
    reader_id = house.reader_id(address)
    return tuple(
        each
        for each in list_suppressions(house.database)
        if each.reader_id == reader_id or _key(each.address) == address.key
    )


def _key(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return EmailAddress(local, domain).key if local else ""
