"""See that the state is this newsletter's, before another one's letters are taken for its own."""

from __future__ import annotations

from digest.app.house import House
from digest.config import NewsletterConfig
from digest.errors import ConfigError, Problem
from digest.storage.campaigns import last_frozen


def require_own_state(house: House) -> None:
    """A newsletter is known by its name, or else by its key; on a server by address and pages too.

    So each may change by itself, and all of them in a folder, which has the key in it. Whoever
    shares a database with another newsletter by mistake would find the day's edition planned and
    mail nobody, or mail the other one's readers.

    Raises:
        ConfigError: the last edition of this state is another newsletter's.
    """
    last = last_frozen(house.database)
    if last is None or last.newsletter is None:
        return
    ours, theirs = house.config.newsletter, last.newsletter
    if _call(ours) == _call(theirs):
        return
    looks_alike = ours.sender.key == theirs.sender.key and ours.site_url == theirs.site_url
    if house.has_key_of(last.key_fingerprint) and (looks_alike or not house.database_url):
        return
    raise ConfigError([_stranger(house, f"{theirs.name} ({theirs.sender}), {last.edition}")])


def _call(newsletter: NewsletterConfig) -> str:
    return " ".join(newsletter.name.casefold().split())


def _stranger(house: House, last: str) -> Problem:
    """A folder that has seen the wrong database refuses the right one until it forgets that."""
    mend = "set another state folder"
    if house.database_url:
        folder = house.config.state_dir
        mend = f"give it a database of its own, and remove state.json in {folder}"
    return Problem(
        file=house.place,
        what=f"holds another newsletter than {house.config.newsletter.name}: its last edition is"
        f" {last}",
        mend=f"{mend}; if that is its former name, change nothing but the name until the next"
        " edition is planned",
    )
