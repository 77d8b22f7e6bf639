"""What one mail that came back says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a mail is, or what it says of one recipient."""

    HARD = "hard"  # there is no such mailbox
    SOFT = "soft"  # the letter did not arrive; another may
    REFUSAL = "refusal"  # it was refused because of us: policy, spam, size
    DELAYED = "delayed"  # it is still tried
    ARRIVED = "arrived"  # delivered, relayed or expanded
    COMPLAINT = "complaint"  # the reader called it spam
    LEAVE = "leave"  # the reader wants no more
    REPLY = "reply"  # a program answered: vacation, challenge, receipt
    LETTER = "letter"  # a newsletter's own letter
    UNKNOWN = "unknown"  # none of these


#: What changes something, if it is true.
ACTING = frozenset({Kind.HARD, Kind.SOFT, Kind.REFUSAL, Kind.COMPLAINT, Kind.LEAVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a report says of one recipient; `addresses` are the names that it has for her.

    `status` is the RFC 3463 code or an SMTP reply code, `words` what a server said; or "".
    """

    addresses: tuple[str, ...]
    kind: Kind
    status: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one mail says, and the evidence that it brings, none of it checked yet.

    `return_tokens` stood in addresses (`bounces+TOKEN@`), those of the delivery first;
    `unsubscribe_tokens` in the headers of the letter that came back, or in the subject;
    `letter_ids` are the Message-IDs of letters that it is about. `message_id` is the mail's own,
    or "".
    """

    kind: Kind
    failures: tuple[Failure, ...] = ()
    return_tokens: tuple[str, ...] = ()
    unsubscribe_tokens: tuple[str, ...] = ()
    letter_ids: tuple[str, ...] = ()
    message_id: str = ""

    def about(self, address: str) -> Failure:
        """What it says of the reader with this address.

        A letter has one recipient. If her mailbox forwards to others, the report may name those:
        then the mildest counts, as she still has the ones that work.
        """
        wanted = address.casefold()
        for failure in self.failures:
            if wanted in (each.casefold() for each in failure.addresses):
                return failure
        if not self.failures:
            return Failure(addresses=(), kind=self.kind)
        return min(self.failures, key=lambda failure: _MILDEST.index(failure.kind))


#: From the best that can be said to the worst.
_MILDEST = (
    Kind.UNKNOWN,
    Kind.ARRIVED,
    Kind.DELAYED,
    Kind.REFUSAL,
    Kind.SOFT,
    Kind.HARD,
    Kind.LEAVE,
    Kind.COMPLAINT,
)
