"""The ledger's contract, kept in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from digest.model import EditionKey, EmailAddress, Outcome, OutcomeKind, Recipient

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def reader(address: str, **changes: object) -> Recipient:
    """A made-up recipient of one edition."""
    base = Recipient(
        edition=EditionKey("2026-11-23"),
        address=EmailAddress.parse(address),
        name="",
        reader_id=f"id-{address}",
        segment="all",
        due_at=NOON,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


@dataclass
class Row:
    recipient: Recipient
    state: str = "pending"
    attempts: int = 0
    outcome: Outcome | None = None


class MemoryLedger:
    """Rows by address. `fail(name, call number)` may raise, in the ledger's place."""

    def __init__(
        self,
        recipients: Sequence[Recipient],
        *,
        suppressed: frozenset[str] = frozenset(),
        fail: Callable[[str, int], None] | None = None,
    ) -> None:
        self.rows = {str(r.address): Row(r) for r in recipients}
        self.suppressed = suppressed
        self.records: list[tuple[int, int]] = []
        self.most_in_data = 0
        self._fail = fail
        self._calls: dict[str, int] = {}

    def claim(self, limit: int, now: datetime) -> Sequence[Recipient]:
        self._maybe_fail("claim")
        claimed: list[Recipient] = []
        for address, row in self.rows.items():
            if len(claimed) == limit:
                break
            if not self._is_due(row, now):
                continue
            if address in self.suppressed:
                row.state = "suppressed"
                continue
            row.state = "claimed"
            claimed.append(replace(row.recipient, attempt=row.attempts))
        return claimed

    def record(
        self,
        begun: Sequence[Recipient],
        settled: Sequence[tuple[Recipient, Outcome]],
        now: datetime,
    ) -> frozenset[str]:
        self._maybe_fail("record")
        for recipient, outcome in settled:
            row = self.rows[str(recipient.address)]
            assert row.state in ("claimed", "data"), (row.state, outcome)
            if outcome.kind is OutcomeKind.UNTRIED:
                row.attempts -= row.state == "data"
                row.state = "pending"
            else:
                row.attempts += row.state == "claimed" and outcome.code > 0
                row.state = outcome.kind.value
            row.outcome = outcome
        barred = set()
        for recipient in begun:
            row = self.rows[str(recipient.address)]
            assert row.state == "claimed", row.state
            if str(recipient.address) in self.suppressed:
                row.state = "suppressed"
                barred.add(recipient.reader_id)
                continue
            row.state = "data"
            row.attempts += 1
        self.records.append((len(begun), len(settled)))
        self.most_in_data = max(self.most_in_data, len(self.at("data")))
        return frozenset(barred)

    def release(self, recipients: Sequence[Recipient]) -> None:
        self._maybe_fail("release")
        for recipient in recipients:
            row = self.rows[str(recipient.address)]
            assert row.state == "claimed", row.state
            row.state = "pending"

    def at(self, state: str) -> set[str]:
        return {address for address, row in list(self.rows.items()) if row.state == state}

    def state(self, address: str) -> str:
        return self.rows[address].state

    def _is_due(self, row: Row, now: datetime) -> bool:
        if row.state == "deferred":
            assert row.outcome is not None
            assert row.outcome.retry_at is not None
            return row.outcome.retry_at <= now
        return row.state == "pending"

    def _maybe_fail(self, name: str) -> None:
        self._calls[name] = self._calls.get(name, 0) + 1
        if self._fail:
            self._fail(name, self._calls[name])
