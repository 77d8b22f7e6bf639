"""Subscriber lists: plain YAML or CSV files that a person edits by hand or in a spreadsheet.

`reading` tells what the lists of a config say, `editing` adds, changes or removes readers and
leaves every other byte alone.
"""

from digest.storage.lists.editing import (
    Change,
    Removal,
    add_subscriber,
    add_subscribers,
    change_subscriber,
    change_subscribers,
    remove_subscriber,
)
from digest.storage.lists.files import find_lists
from digest.storage.lists.reading import ListReading, Subscribers, load_subscribers, open_lists
from digest.storage.lists.row import FIELDS

__all__ = [
    "FIELDS",
    "Change",
    "ListReading",
    "Removal",
    "Subscribers",
    "add_subscriber",
    "add_subscribers",
    "change_subscriber",
    "change_subscribers",
    "find_lists",
    "load_subscribers",
    "open_lists",
    "remove_subscriber",
]
