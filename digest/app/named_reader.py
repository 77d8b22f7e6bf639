"""Finds the reader that a command line names."""

from __future__ import annotations

from digest.app.house import House
from digest.app.interests import Interests
from digest.errors import ListError, UsageError
from digest.model import EmailAddress, Subscriber
from digest.storage.lists.reading import open_lists


def find_reader(house: House, address: str) -> Subscriber:
    """The subscriber with this address, from the lists.

    Raises:
        UsageError: not on any list.
        ListError: one of her interests leads to nothing; other readers' may.
    """
    wanted = parse_address(address, "--as").key
    for subscriber in open_lists(house.config):
        if subscriber.address.key == wanted:
            doubts = Interests(house).doubts(subscriber)
            if any(not doubt.warning for doubt in doubts):
                raise ListError(doubts)
            return subscriber
    raise UsageError(f"--as {address}: is on none of the lists (digest subscribers list)")


def parse_address(text: str, option: str) -> EmailAddress:
    """An address from the command line."""
    try:
        return EmailAddress.parse(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: {error}") from None
