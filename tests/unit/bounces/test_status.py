"""A bounce is the mailbox's fault, the moment's, or ours."""

import pytest

from digest.bounces.report import Kind
from digest.bounces.status import find_status, judge

HARD, SOFT, OURS = Kind.HARD, Kind.SOFT, Kind.REFUSAL


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        ("5.1.1", "550 5.1.1 The email account that you tried to reach does not exist", HARD),
        ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP lookup", HARD),
        ("5.1.2", "", HARD),
        ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled", HARD),
        ("5.0.0", "550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown", HARD),
        ("5.0.0", "550 Unrouteable address", HARD),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied", HARD),
        ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable", HARD),
        ("", "550 No such user here", HARD),
        ("5.0.0", "550 Empfänger unbekannt", HARD),
        ("5.2.1", "550 5.2.1 The user you are trying to contact is receiving mail at a rate", SOFT),
        ("5.0.0", "550 Recipient address rejected: Greylisted, retry in 300 seconds", SOFT),
        ("5.1.1", "550 5.1.1 mailbox temporarily unavailable", SOFT),
        ("5.2.2", "552 5.2.2 The email account is over quota", SOFT),
        ("4.4.7", "delivery time expired", SOFT),
        ("4.2.2", "mailbox full", SOFT),
        ("5.4.4", "Host or domain name not found", SOFT),
        ("5.0.0", "", SOFT),
        ("", "552 mailbox is full", SOFT),
        ("", "something went wrong", SOFT),
        ("5.7.1", "550 5.7.1 Message rejected as spam", OURS),
        ("5.1.1", "550 5.1.1 Mail refused: your host is listed at zen.spamhaus.org", OURS),
        ("5.1.1", "550 5.1.1 undeliverable address: mx said: 554 5.7.1 Client host blocked", OURS),
        ("5.1.1", "550 5.1.1 <b@example.org>: Sender address rejected: User unknown", OURS),
        ("5.1.1", "550 5.1.1 <dmarc-spam@example.com>: User unknown", HARD),
        ("5.1.1", "550 5.1.1 mx 10.5.7.20 knows no such user", HARD),
        ("5.0.0", "550 Recipient address rejected: blocked using zen.example.org", OURS),
        ("5.0.0", "550 <ada@example.com>: Recipient address rejected: SPF fail", OURS),
        ("5.0.0", "550 Callback verification failed: user unknown", OURS),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Relay access denied", OURS),
        ("5.7.26", "550 5.7.26 Unauthenticated email is not accepted (DMARC)", OURS),
        ("5.7.515", "550 5.7.515 Access denied, sending domain does not pass", OURS),
        ("5.3.4", "552 5.3.4 Message size exceeds fixed limit", OURS),
        ("5.6.0", "", OURS),
        ("5.4.5", "550 5.4.5 Daily sending quota exceeded", OURS),
        ("5.1.8", "Sender address rejected: Domain not found", OURS),
        ("5.0.0", "554 Transaction failed (in reply to end of DATA command)", OURS),
        ("", "554 blocked using zen.example.org, see the policy", OURS),
    ],
)  # fmt: skip
def test_codes_and_words_say_whose_fault_it_is(status, words, kind):
    assert judge(find_status(status, words), words) is kind


@pytest.mark.parametrize(
    ("status", "words", "found"),
    [
        ("5.0.0", "smtp; 550 5.1.1 unknown", "5.1.1"),
        ("5.2.2", "smtp; 550 5.1.1 unknown", "5.2.2"),
        ("", "said: 550 unknown", "550"),
        ("", "mailman 2.0.13 at 192.0.2.5 in 550 bytes", "550"),
        ("", "on 5.10.2020, release 4.9.1", ""),
        ("", "", ""),
    ],
)
def test_the_code_that_says_most_is_found(status, words, found):
    assert find_status(status, words) == found
