"""Whatever happens in whatever order, the ledger agrees with a ledger of a few dicts."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from digest.model import EmailAddress, OutcomeKind, Recipient
from digest.storage import census
from digest.storage.recovery import MOST_REPEATS, recover
from digest.storage.suppressions import suppress_address, suppress_reader, unsuppress
from tests.support.ledgers import close_ledgers, ledger_of, let_leases_lapse
from tests.support.state import KEY, NOW, freeze_readers, new_database, on_postgres, outcome, reader

NAMES = [f"r{n}" for n in range(7)]
AFTER = {
    OutcomeKind.SENT: "sent",
    OutcomeKind.DEFERRED: "deferred",
    OutcomeKind.REJECTED: "rejected",
    OutcomeKind.UNKNOWN: "unknown",
    OutcomeKind.UNTRIED: "pending",
}


class LedgerMachine(RuleBasedStateMachine):
    """The real ledger in a file, beside the model."""

    kept_in: ClassVar[Callable[[], AbstractContextManager[None]]] = staticmethod(nullcontext)

    @initialize()
    def begin(self) -> None:
        self.home = ExitStack()
        self.home.enter_context(self.kept_in())
        self.folder = Path(tempfile.mkdtemp())
        self.database = new_database(self.folder)
        freeze_readers(self.database, [reader(name) for name in NAMES])
        self.ledger = ledger_of(self.database, KEY)
        self.now = NOW
        self.state = dict.fromkeys(NAMES, "pending")
        self.attempt = dict.fromkeys(NAMES, 0)
        self.retry = dict.fromkeys(NAMES, NOW)
        self.repeats = dict.fromkeys(NAMES, 0)
        self.left: set[str] = set()
        self.held: dict[str, Recipient] = {}

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            close_ledgers()
            self.home.close()
            shutil.rmtree(self.folder)

    def _in(self, state: str) -> list[str]:
        return sorted(name for name in self.held if self.state[name] == state)

    @rule(limit=st.integers(1, 8))
    def claim(self, limit: int) -> None:
        ready = {
            name
            for name, state in self.state.items()
            if state == "pending" or (state == "deferred" and self.retry[name] <= self.now)
        }
        claimed = self.ledger.claim(limit, self.now)
        names = {r.address.local for r in claimed}
        assert len(names) == len(claimed) == min(limit, len(ready - self.left))
        assert names <= ready - self.left
        for recipient in claimed:
            name = recipient.address.local
            assert recipient.attempt == self.attempt[name]
            self.held[name], self.state[name] = recipient, "claimed"
        for row in census.rows(self.database, KEY):
            name = row.address.partition("@")[0]
            if row.state == "suppressed" and self.state[name] != "suppressed":
                assert name in ready & self.left
                self.state[name] = "suppressed"

    @rule(choices=st.data())
    def record(self, choices: st.DataObject) -> None:
        begun = choices.draw(st.lists(st.sampled_from(NAMES), unique=True), label="begun")
        begun = [name for name in begun if name in self._in("claimed")]
        ended = [name for name in self._in("data") if choices.draw(st.booleans())]
        kinds = {name: choices.draw(st.sampled_from(OutcomeKind)) for name in ended}
        wait = timedelta(minutes=choices.draw(st.integers(0, 30)))
        settled = [
            (self.held[name], outcome(kind, retry_at=self.now + wait))
            for name, kind in kinds.items()
        ]
        barred = self.ledger.record([self.held[name] for name in begun], settled, self.now)
        assert barred == {f"id-{name}" for name in begun if name in self.left}
        for name in begun:
            left = name in self.left
            self.state[name] = "suppressed" if left else "data"
            self.attempt[name] += not left
        for name, kind in kinds.items():
            self.state[name], self.retry[name] = AFTER[kind], self.now + wait
            self.attempt[name] -= kind is OutcomeKind.UNTRIED

    @precondition(lambda self: self._in("claimed"))
    @rule(kind=st.sampled_from([OutcomeKind.DEFERRED, OutcomeKind.REJECTED, OutcomeKind.UNTRIED]))
    def refuse(self, kind: OutcomeKind) -> None:
        """The relay says no before the letter begins: it was a try all the same."""
        name = self._in("claimed")[0]
        self.ledger.record([], [(self.held[name], outcome(kind, retry_at=self.now))], self.now)
        self.state[name], self.retry[name] = AFTER[kind], self.now
        self.attempt[name] += kind is not OutcomeKind.UNTRIED

    @rule()
    def release(self) -> None:
        names = self._in("claimed")[:2]
        self.ledger.release([self.held[name] for name in names])
        self.state.update(dict.fromkeys(names, "pending"))

    @rule(name=st.sampled_from(NAMES), by_link=st.booleans())
    def leave(self, name: str, by_link: bool) -> None:
        words = {"reason": "left", "source": "test", "at": self.now}
        if by_link:
            new = suppress_reader(self.database, f"id-{name}", **words)  # type: ignore[arg-type]
        else:
            new = suppress_address(self.database, EmailAddress(name, "example.org"), **words)  # type: ignore[arg-type]
        assert new == (name not in self.left)
        self.left.add(name)
        if self.database.is_shared and self.state[name] == "claimed":
            self.state[name] = "suppressed"

    @rule(name=st.sampled_from(NAMES))
    def come_back(self, name: str) -> None:
        assert unsuppress(self.database, EmailAddress(name, "example.org")) == (name in self.left)
        self.left.discard(name)

    @rule(minutes=st.integers(1, 20))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.held)
    @rule(policy=st.sampled_from(["resend", "hold"]))
    def crash(self, policy: str) -> None:
        """The process is gone; the next one opens the same state."""
        self.database.close()
        close_ledgers()
        self.database = new_database(self.folder)
        let_leases_lapse(self.database)
        self.ledger = ledger_of(self.database, KEY)
        recover(self.database, policy, self.now)  # type: ignore[arg-type]
        after = {"claimed": "pending", "data": "unknown"}
        self.state = {name: after.get(state, state) for name, state in self.state.items()}
        if policy == "resend":
            for name in NAMES:
                if self.state[name] == "unknown" and self.repeats[name] < MOST_REPEATS:
                    self.state[name] = "pending"
                    self.repeats[name] += 1
        self.held.clear()

    @invariant()
    def agree(self) -> None:
        if hasattr(self, "database"):
            rows = {r.address.partition("@")[0]: r for r in census.rows(self.database, KEY)}
            assert {name: row.state.value for name, row in rows.items()} == self.state
            assert {name: row.attempt for name, row in rows.items()} == self.attempt


class ServerLedgerMachine(LedgerMachine):
    """The real ledger on a server."""

    kept_in = staticmethod(on_postgres)


TestLedgerModel = LedgerMachine.TestCase
TestLedgerModel.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestServerLedgerModel = ServerLedgerMachine.TestCase
TestServerLedgerModel.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)
