"""A relay that says "too fast" is soon asked at the rate that it takes."""

import time

from digest.delivery.door import Timing
from tests.support.delivering import readers, smtp_run
from tests.support.memory_ledger import MemoryLedger
from tests.support.smtp_server import Options, ScriptedServer

RATE = 200
WORDS = {"450": "450 4.7.0 rate limited, try again later", "421": "421 4.7.0 rate limited"}


class Bucket(ScriptedServer):
    """Four connections, twenty letters each, 200 letters a second; notes what it admits."""

    def __init__(self, words):
        options = Options(
            letters_per_second=RATE,
            burst=20,
            max_connections=4,
            letters_per_connection=20,
            throttle_words=words,
        )
        super().__init__(options=options)
        self.asked = []

    def admits(self):
        admitted = super().admits()
        self.asked.append((time.monotonic(), admitted))
        return admitted


async def throttled_run(count, connections, words):
    """How many of the tries after two seconds were refused, and letters a second from then on."""
    ledger = MemoryLedger(readers(count))
    async with Bucket(words) as server:
        run = smtp_run(ledger, server.port, connections=connections)
        run.timing, run.seconds = Timing(), 120
        report = await run.go()
    assert report.sent == count
    assert server.recipients == {str(r.address): 1 for r in readers(count)}
    assert {row.attempts for row in ledger.rows.values()} == {1}
    begin = server.asked[0][0] + 2
    late = [(moment, admitted) for moment, admitted in server.asked if moment > begin]
    taken = [moment for moment, admitted in late if admitted]
    return 1 - len(taken) / max(len(late), 1), len(taken) / (taken[-1] - begin)


async def test_after_two_seconds_hardly_a_try_is_refused():
    refused, _ = await throttled_run(600, 4, WORDS["450"])
    assert refused < 0.05
