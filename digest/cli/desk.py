"""What every command has at hand: the config, the clock, a place for notes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli.voice import VOICE
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app import House
    from digest.app.plan import Orders
    from digest.config import Config
    from digest.model import EditionKey

_A_DAY = "YYYY-MM-DD, today or yesterday"


@dataclass(kw_only=True)
class Desk:
    """Made once per command line. Data goes to stdout, everything else to stderr."""

    config_path: str
    verbose: int = 0
    log_json: str | None = None

    def __post_init__(self) -> None:
        VOICE.secrets.learn(os.environ)
        VOICE.listen(self.verbose, self.log_json, self._shift)

    @cached_property
    def config(self) -> Config:
        from digest.config import load_config

        config = load_config(Path(self.config_path))
        ways = config.delivery.ways
        variables = {way.password_env for way in ways}
        variables |= {signature.key_env for signature in config.delivery.dkim}
        variables.add(config.storage.url_env)
        variables |= {config.llm.key_env} if config.llm else set()
        variables |= {each.url_env for each in config.subscribers.lists if each.url_env}
        variables |= {config.bounces.imap.password_env} if config.bounces.imap else set()
        VOICE.secrets.learn(os.environ, variables, {way.username for way in ways if way.username})
        return config

    @cached_property
    def house(self) -> House:
        from digest.app import House

        now = os.environ.get("DIGEST_NOW")
        # Whatever was done before on the same DIGEST_NOW was planned at a moment that is past.
        began = min(read_moment(now, "DIGEST_NOW"), self.clock()) if now else self.clock()
        return House(config=self.config, clock=self.clock, environ=os.environ, began=began)

    def reopen(self) -> House:
        """The house with the config as it is on disk by now; the former one is closed.

        Raises:
            ConfigError: it is wrong. Ask again when it was mended.
        """
        former = self.__dict__.pop("house", None)
        if former is not None:
            former.close()
        self.__dict__.pop("config", None)
        return self.house

    @cached_property
    def _shift(self) -> timedelta:
        """How far DIGEST_NOW is from the machine's clock; time goes on from there."""
        text = os.environ.get("DIGEST_NOW")
        return read_moment(text, "DIGEST_NOW") - datetime.now(UTC) if text else timedelta()

    def clock(self) -> datetime:
        """The present moment, aware, in UTC."""
        shift = self._shift  # measured first: else the first moment lies before DIGEST_NOW
        now = datetime.now(UTC) + shift
        if now.year < 2020:
            raise UsageError(f"the clock says {now:%Y-%m-%d}: set it, or nothing is dated right")
        return now

    def today(self) -> date:
        """The newsletter's own date."""
        return self.house.today()

    def day(self, text: str | None) -> date:
        """`--date`: YYYY-MM-DD, today or yesterday; nothing means today."""
        try:
            return self._read_day(text)
        except ValueError:
            raise UsageError(f"--date {text}: is no day; write {_A_DAY}") from None

    def _read_day(self, text: str | None) -> date:
        if text in (None, "", "today"):
            return self.today()
        if text == "yesterday":
            return self.today() - timedelta(days=1)
        return date.fromisoformat(str(text))

    def key(self, text: str | None) -> EditionKey:
        """`--date` or `--edition`: a day, or a week as YYYY-Www."""
        from digest.model import EditionKey

        try:
            if text and re.match(r"\d+-W", text, re.IGNORECASE):
                return EditionKey(text.upper())
            return EditionKey.daily(self._read_day(text))
        except ValueError:
            words = f"is no day and no week; write {_A_DAY}, or a week such as 2026-W48"
            raise UsageError(f"--date {text}: {words}") from None


def orders_of(to: Sequence[str], skip_bad_rows: bool, accept_list_change: bool) -> Orders:
    """What a command line asks of a plan.

    Raises:
        UsageError: `--to` names no readers.
    """
    from digest.app.plan import Orders
    from digest.model.audience import Audience

    try:
        readers = Audience.parse(to)
    except ValueError as error:
        raise UsageError(f"--to {error}") from None
    return Orders(
        readers=readers, skip_bad_rows=skip_bad_rows, accept_list_change=accept_list_change
    )


def read_moment(text: str, where: str) -> datetime:
    """An ISO 8601 time; without an offset it is UTC.

    Raises:
        UsageError: it is none.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"{where}={text}: is not an ISO time; write it as 2026-11-23T07:00:00+01:00"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def count(number: int, one: str) -> str:
    """`1 paper`, `31 papers`."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"


def note(text: str) -> None:
    """One line for the person at the terminal."""
    VOICE.say(text)


def show(text: str) -> None:
    """Data: what a program may read."""
    click.echo(text)


def show_json(document: Mapping[str, Any] | list[Any]) -> None:
    """Data as JSON, in UTF-8 as it is; dates as ISO 8601."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


date_option = click.option(
    "--date", "--edition", "date_text", metavar="DATE", help=f"{_A_DAY}; or a week: 2026-W48."
)
day_option = click.option("--date", "--edition", "date_text", metavar="DATE", help=f"{_A_DAY}.")
to_option = click.option(
    "--to",
    "to",
    multiple=True,
    metavar="tag:NAME",
    help="Only readers with this tag; give it again for more. The others keep their turn.",
)
accept_option = click.option(
    "--accept-list-change",
    is_flag=True,
    help="A list that lost many readers, or is gone, is meant so.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
pass_desk = click.make_pass_decorator(Desk)
