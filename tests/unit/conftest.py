"""Unit tests see no network: a socket opened here is an error in the code under test."""

import pytest
from pytest_socket import disable_socket


@pytest.fixture(autouse=True)
def _no_sockets() -> None:
    disable_socket(allow_unix_socket=True)  # asyncio's own wake-up pair is a Unix socket
