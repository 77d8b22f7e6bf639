"""What a command has at hand."""

from datetime import UTC, datetime

import pytest

from digest.cli.desk import Desk


def test_the_first_moment_is_never_before_digest_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Midnight means the new day, not the last microsecond of the old one."""
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    monkeypatch.setenv("DIGEST_NOW", midnight.isoformat())
    assert Desk(config_path="config.yaml").clock() >= midnight
