"""See that the state is this newsletter's, before another one's letters are taken for its own."""

from __future__ import annotations

from digest.app.house import House
from digest.config import NewsletterConfig
from digest.errors import ConfigError, Problem
from digest.storage.campaigns import Frozen, last_frozen


def require_own_state(house: House) -> None:
    """A newsletter is known by its name, or else by its key; on a server by address and pages too.

    So each may change by itself, and all of them in a folder, which has the key in it. Whoever
    shares a database with another newsletter by mistake would find the day's edition planned and
    mail nobody, or mail the other one's readers.

    On a server, what signed its last edition must be here too: a second machine without it would
    make a key of its own, and links of its letters would work on no page.

    Raises:
        ConfigError: the last edition of this state is another newsletter's, or the key is missing.
    """
    last = last_frozen(house.database)
    if last is None:
        return
    if last.newsletter is not None and not _is_ours(house, last, last.newsletter):
        theirs = last.newsletter
        raise ConfigError([_stranger(house, f"{theirs.name} ({theirs.sender}), {last.edition}")])
    if house.database_url and (problem := _missing_key_of(house, last)):
        raise ConfigError([problem])


def missing_key(house: House) -> Problem | None:
    """What to say where the key is not here that signed the last edition's letters.

    Raises:
        ConfigError: a key that is here cannot be used.
        StorageError: the state cannot be read.
    """
    last = last_frozen(house.database)
    return None if last is None else _missing_key_of(house, last)


def _missing_key_of(house: House, last: Frozen) -> Problem | None:
    if not last.key_fingerprint or house.has_key_of(last.key_fingerprint):
        return None
    return Problem(
        file=house.place,
        what=f"the letters of {last.edition} are signed with a key that is not here: links in them"
        " would not work any more",
        mend="set DIGEST_SECRET_KEY as the program has it that planned them, or to the content of"
        " its secret.key; if that is lost for good, `digest keys adopt`",
    )


def _is_ours(house: House, last: Frozen, theirs: NewsletterConfig) -> bool:
    ours = house.config.newsletter
    if _call(ours) == _call(theirs):
        return True
    looks_alike = ours.sender.key == theirs.sender.key and ours.site_url == theirs.site_url
    return house.has_key_of(last.key_fingerprint) and (looks_alike or not house.database_url)


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
