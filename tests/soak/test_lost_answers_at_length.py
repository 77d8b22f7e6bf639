"""Lost answers among two thousand readers, with exact accounting."""

import pytest

from digest.storage import census
from digest.storage.recovery import recover
from tests.integration.delivery.test_lost_answers import Losses, one_run, unknown
from tests.support.counting import tally
from tests.support.smtp_server import ScriptedServer
from tests.support.state import KEY, NOW, freeze_readers, new_database, reader

pytestmark = pytest.mark.soak
READERS = [reader(f"r{n}") for n in range(2_000)]
ADDRESSES = {str(each.address) for each in READERS}


@pytest.mark.parametrize("policy", ["resend", "hold"])
@pytest.mark.parametrize("connections", [1, 8])
@pytest.mark.parametrize("seed", range(5))
async def test_every_lost_answer_is_accounted_for(tmp_path, seed, connections, policy):
    losses = Losses(seed, ADDRESSES, each=14)
    in_doubt = losses.taken | losses.refused
    with new_database(tmp_path) as database:
        freeze_readers(database, READERS)
        async with ScriptedServer(losses.rules) as server:
            await one_run(database, server.port, connections)
            assert unknown(database) == in_doubt
            recover(database, policy, NOW)
            await one_run(database, server.port, connections)
        counts = census.counts(database, KEY)
    found = tally(server.accepted, ADDRESSES)
    if policy == "resend":
        assert found.breaches(extra=len(losses.taken)) == []
        assert found.extra == len(losses.taken)
        assert counts["sent"] == len(READERS)
    else:
        assert (found.extra, found.lost) == (0, losses.refused)
        assert counts["unknown"] == len(in_doubt)
