"""What a batch's job is called in the queue.

An edition's jobs wait in the queue of the key that signs its letters, so that a worker without
this key never takes one from those who have it.
"""

from __future__ import annotations

from collections.abc import Sequence

from digest.model import EditionKey
from digest.storage.secret_key import fingerprint

#: The queues' name, before the key's; the queue itself where an old program froze the edition.
QUEUE = "digest"
TASK = "digest.deliver_batch"


def queue_of(key_fingerprint: str) -> str:
    """Where the jobs of an edition wait that this key signs; "" is an edition's of no known key."""
    return f"{QUEUE}-{key_fingerprint}" if key_fingerprint else QUEUE


def queues_of(keys: Sequence[bytes]) -> list[str]:
    """The queues of a worker that holds these keys."""
    return [QUEUE, *dict.fromkeys(queue_of(fingerprint(key)) for key in keys)]


def lock_of(edition: EditionKey, batch: int) -> str:
    """Keeps a second job from waiting for the same batch."""
    return f"{edition}/{batch}"
