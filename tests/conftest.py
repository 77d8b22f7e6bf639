"""Property tests draw the same examples each time: a gate that is sometimes red guards nothing.

`HYPOTHESIS_PROFILE=search` draws new ones; `make soak` does.
"""

import gc
import os

from hypothesis import settings

from tests.support.examples import PROFILE

settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None)
settings.load_profile(PROFILE)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: a quarter of the time tests wait for servers."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Thousands of tests are kept to the end: the collector need not look through them."""
    gc.collect()
    gc.freeze()
