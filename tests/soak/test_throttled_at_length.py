"""A throttling relay over thousands of letters: few refusals, and the rate that it allows."""

import pytest

from tests.integration.delivery.test_throttled import RATE, WORDS, throttled_run

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("connections", [4, 8])
async def test_a_relay_is_used_to_nine_tenths_of_what_it_takes(connections, words):
    refused, rate = await throttled_run(2_000, connections, words)
    assert refused < 0.05
    assert rate >= 0.9 * RATE
