"""The errors of this room, each with what a report needs to know of it.

DeliveryError
|-- ConnectFailed      one connection could not be opened
`-- RunStopped         the run ended early, and no reader is to blame
StorageError
`-- LedgerLost         the ledger could not be written while letters were under way
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.errors import DeliveryError, StorageError
from digest.model import Stage

if TYPE_CHECKING:
    from digest.delivery.report import DeliveryReport
    from digest.model import Recipient


class ConnectFailed(DeliveryError):
    """A connection could not be opened. `code` is the server's reply, or 0 if none came."""

    def __init__(self, message: str, *, stage: Stage, temporary: bool, code: int = 0) -> None:
        super().__init__(message)
        self.stage = stage
        self.temporary = temporary
        self.code = code


class RunStopped(DeliveryError):
    """The run ended before everyone was served; the rest is pending.

    `temporary` says that the same run later may work without anyone mending anything.
    `report` counts what was done before.
    """

    def __init__(self, message: str, *, temporary: bool = False) -> None:
        super().__init__(message)
        self.temporary = temporary
        self.report: DeliveryReport | None = None


class LedgerLost(StorageError):
    """Sending stopped because it could not be remembered.

    `unwritten` are readers whose letters left, or may have left, unrecorded: the ledger will show
    them as unknown.
    """

    def __init__(self, message: str, *, unwritten: tuple[Recipient, ...] = ()) -> None:
        super().__init__(message)
        self.unwritten = unwritten
        self.report: DeliveryReport | None = None
