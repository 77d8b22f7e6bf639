"""One JSON object a line for every event of a run, with no address and no secret in it.

A reader is named by her `reader_id`, a keyed hash of her address: the same on every day, worthless
to anyone without the key. `digest status --reader EMAIL` finds the one of an address.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from json.encoder import encode_basestring_ascii as quoted

from digest.errors import UsageError
from digest.model import Outcome, OutcomeKind, Recipient

STDERR = "-"
_SENT = OutcomeKind.SENT
_FLUSH_SECONDS = 0.5
#: Lines kept before they are written: about 64 KB of letters.
_FLUSH_LINES = 200
#: So many readers who were refused last are looked for in other words, which may quote theirs.
_REFUSED = 100
_SOMEBODY = "[address]"
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'/@]+@[^\s<>()\[\],;:\"'/@]+")
_LETTER = (
    '{"at":"%s","event":"letter","edition":%s,"reader":%s,"segment":%s,"outcome":"%s","stage":"%s",'
    '"code":%d,"enhanced":%s,"attempt":%d,"relay":%s,"words":%s%s}\n'
)


class EventLog:
    """Lines to a file, or to stderr for `-`; written twice a second, when many, and at the end.

    A log that cannot be written ends itself, never the run: `complain` is told once.
    `shift` is how far the program's clock is from the machine's.

    Raises:
        UsageError: the file cannot be opened.
    """

    def __init__(
        self,
        target: str,
        *,
        shift: timedelta = timedelta(),
        hide: Callable[[str], str] = str,
        complain: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.on_stderr = target == STDERR
        self._hide = hide
        self._complain = complain
        self._shift = shift.total_seconds()
        self._lines: deque[str] = deque()
        self._writing = threading.RLock()
        self._over = threading.Event()
        self._refused: deque[Recipient] = deque(maxlen=_REFUSED)
        self._second, self._prefix = -1, ""
        self._where = "stderr" if self.on_stderr else target
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            self._file = os.dup(2) if self.on_stderr else os.open(target, flags, 0o600)
        except OSError as error:
            raise UsageError(f"--log-json {target}: cannot be written: {error.strerror}") from None
        self._timer = threading.Thread(target=self._flush_in_time, daemon=True)
        self._timer.start()

    def event(self, name: str, **fields: object) -> None:
        """Anything but a letter; text is scrubbed of addresses and secrets."""
        facts: dict[str, object] = {"at": self._now(), "event": name}
        facts |= {key: self._safe(value) for key, value in fields.items()}
        self._add(json.dumps(facts, separators=(",", ":")) + "\n")

    def letter(self, recipient: Recipient, outcome: Outcome) -> None:
        """What became of one letter. Called for each: a template, and no dictionary."""
        words = outcome.words
        # Most words hold nothing of the reader's; looking is cheaper than replacing.
        if words and ("@" in words or recipient.address.local.lower() in words.lower()):
            words = scrub(words, recipient)
        if outcome.kind is not _SENT:
            self._refused.append(recipient)
        retry_at = outcome.retry_at
        self._add(
            _LETTER
            % (
                self._now(),
                quoted(recipient.edition.text),
                quoted(recipient.reader_id),
                quoted(recipient.segment),
                outcome.kind,
                outcome.stage,
                outcome.code,
                quoted(outcome.enhanced),
                recipient.attempt + 1,
                quoted(outcome.relay),
                quoted(self._hide(words)),
                f',"retry_at":"{retry_at.isoformat()}"' if retry_at else "",
            )
        )

    def flush(self) -> None:
        """Write what waits."""
        with self._writing:
            lines = self._lines
            try:
                waiting = "".join([lines.popleft() for _ in range(len(lines))])
                rest = waiting.encode("utf-8", "replace")
                while rest and self._file >= 0:
                    rest = rest[os.write(self._file, rest) :]
            except OSError as error:
                self._give_up(error)

    def close(self) -> None:
        """Write what waits and end. May be called twice."""
        self._over.set()
        self.flush()
        with self._writing:
            if self._file >= 0:
                os.close(self._file)
            self._file = -1

    def _add(self, line: str) -> None:
        self._lines.append(line)
        if len(self._lines) >= _FLUSH_LINES:
            self.flush()

    def _flush_in_time(self) -> None:
        while not self._over.wait(_FLUSH_SECONDS):
            if self._lines:
                self.flush()

    def _give_up(self, error: OSError) -> None:
        self._lines.clear()
        os.close(self._file)
        self._file = -1
        if not self.on_stderr:
            words = error.strerror or str(error)
            self._complain(f"{self._where}: the log ends here, the run goes on: {words}")

    def _now(self) -> str:
        moment = time.time() + self._shift
        second = int(moment)
        if second != self._second:
            self._second = second
            self._prefix = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{self._prefix}.{int((moment - second) * 1000):03d}Z"

    def _safe(self, value: object) -> object:
        if isinstance(value, str):
            for recipient in self._refused:
                value = scrub(value, recipient)
            return self._hide(scrub(value))
        return value if isinstance(value, int | float | dict | list | None) else str(value)


def scrub(text: str, recipient: Recipient | None = None) -> str:
    """The text without addresses, in which servers name the reader whom they refuse.

    Of `recipient` the local part is taken out as well, also where it stands alone.
    """
    if recipient is not None:
        address = recipient.address
        locals_ = {address.local, address.local.partition("+")[0]} - {""}
        names = "|".join(re.escape(n) for n in sorted(locals_, key=len, reverse=True))
        whole = rf"(?<![\w.+-])(?:{names})(?:(?:@|%40|=|%){re.escape(address.domain)}|(?![\w+-]))"
        text = re.sub(whole, _SOMEBODY, text, flags=re.IGNORECASE)
    return _ADDRESS.sub(_SOMEBODY, text) if "@" in text else text
