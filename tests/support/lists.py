"""A config around list files that a test writes."""

from __future__ import annotations

from pathlib import Path

from digest.config import Config


def config_for(folder: Path, *patterns: str) -> Config:
    """A config in `folder` whose lists are `patterns`."""
    return Config.model_validate(
        {
            "newsletter": {"from": "Papers <papers@example.org>"},
            "sources": [{"kind": "huggingface"}],
            "subscribers": {"lists": list(patterns)},
            "folder": folder,
        }
    )
