"""A reply cache in memory that keeps the contract of the one on disk."""

from __future__ import annotations

from digest.model import StoredReply


class MemoryReplies:
    def __init__(self) -> None:
        self.kept: dict[str, StoredReply] = {}

    def load(self, url: str) -> StoredReply | None:
        return self.kept.get(url)

    def save(self, reply: StoredReply) -> None:
        self.kept[reply.url] = reply
