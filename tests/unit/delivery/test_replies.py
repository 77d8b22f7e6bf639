"""The reply table: the stage matters more than the digit."""

import pytest

from digest.delivery.replies import Bearing, judge_reply, parse_enhanced
from digest.model import OutcomeKind, Stage

SENT, DEFERRED, REJECTED, UNKNOWN, UNTRIED = (
    OutcomeKind.SENT,
    OutcomeKind.DEFERRED,
    OutcomeKind.REJECTED,
    OutcomeKind.UNKNOWN,
    OutcomeKind.UNTRIED,
)
NONE, LATER, FAST, POLICY, BIG, AUTH = Bearing

ROWS = [
    # taken
    (Stage.DOT, 250, "2.0.0 queued as 12345", SENT, NONE),
    # later, about the letter
    (Stage.RCPT, 450, "4.2.0 mailbox busy", DEFERRED, NONE),
    (Stage.RCPT, 450, "4.7.1 Greylisted, come back later", DEFERRED, LATER),
    (Stage.RCPT, 451, "Greylisting in action, please try again later", DEFERRED, LATER),
    (Stage.DOT, 451, "4.3.0 local problem", DEFERRED, NONE),
    (Stage.RCPT, 452, "4.2.2 over quota, limit exceeded", DEFERRED, NONE),
    # we are too fast
    (Stage.DOT, 454, "Throttling failure: Maximum sending rate exceeded.", UNTRIED, FAST),
    (Stage.RCPT, 452, "4.5.3 too many recipients", UNTRIED, FAST),
    (Stage.MAIL, 450, "4.7.1 rate limit, slow down", UNTRIED, FAST),
    (Stage.MAIL, 432, "4.3.2 Concurrent connections limit exceeded", UNTRIED, FAST),
    # closing
    (Stage.MAIL, 421, "4.4.2 idle too long", UNTRIED, NONE),
    (Stage.RCPT, 421, "closing", UNTRIED, NONE),
    (Stage.DATA, 421, "closing", UNTRIED, NONE),
    (Stage.DOT, 421, "4.3.2 shutting down", DEFERRED, NONE),
    (Stage.CONNECT, 421, "4.7.0 too many connections", UNTRIED, FAST),
    # no such reader
    (Stage.RCPT, 550, "5.1.1 no such user", REJECTED, NONE),
    (Stage.RCPT, 550, "No such user here", REJECTED, NONE),
    (Stage.RCPT, 550, "5.1.10 null MX", REJECTED, NONE),
    (Stage.RCPT, 550, "5.2.1 mailbox disabled", REJECTED, NONE),
    (Stage.RCPT, 551, "user not local", REJECTED, NONE),
    (Stage.RCPT, 553, "5.1.3 bad address", REJECTED, NONE),
    (Stage.RCPT, 501, "5.1.3 bad recipient address syntax", REJECTED, NONE),
    (Stage.RCPT, 556, "domain takes no mail", REJECTED, NONE),
    (Stage.RCPT, 554, "5.1.1 no such user", REJECTED, NONE),
    (Stage.DOT, 550, "5.1.1 no such user after all", REJECTED, NONE),
    (Stage.RCPT, 553, "5.6.7 SMTPUTF8 is needed", REJECTED, NONE),
    # full mailboxes empty again
    (Stage.RCPT, 552, "5.2.2 mailbox full", DEFERRED, NONE),
    (Stage.DOT, 552, "5.2.2 over quota", DEFERRED, NONE),
    (Stage.RCPT, 552, "no room", DEFERRED, NONE),
    (Stage.RCPT, 550, "mailbox full", DEFERRED, NONE),
    # our letter is too big
    (Stage.MAIL, 552, "5.3.4 message too big", UNTRIED, BIG),
    (Stage.MAIL, 552, "size exceeds fixed maximum", UNTRIED, BIG),
    (Stage.DOT, 552, "Message exceeds the maximum size", UNTRIED, BIG),
    # it refuses us
    (Stage.RCPT, 550, "5.4.5 Daily user sending limit exceeded", UNTRIED, POLICY),
    (Stage.RCPT, 550, "Daily sending quota exceeded", UNTRIED, POLICY),
    (Stage.RCPT, 550, "5.7.1 relaying denied", UNTRIED, POLICY),
    (Stage.RCPT, 550, "relay access denied", UNTRIED, POLICY),
    (Stage.RCPT, 550, "5.7.515 the sender's domain does not meet the rules", UNTRIED, POLICY),
    (Stage.DOT, 550, "looks like spam", UNTRIED, POLICY),
    (Stage.DOT, 554, "transaction failed", UNTRIED, POLICY),
    (Stage.DOT, 554, "5.6.0 bad header", UNTRIED, POLICY),
    (Stage.MAIL, 550, "no", UNTRIED, POLICY),
    (Stage.MAIL, 553, "5.1.8 sender's domain not found", UNTRIED, POLICY),
    (Stage.MAIL, 503, "5.5.1 nested MAIL", UNTRIED, POLICY),
    (Stage.CONNECT, 554, "go away", UNTRIED, POLICY),
    # password or TLS
    (Stage.AUTH, 535, "5.7.8 wrong", UNTRIED, AUTH),
    (Stage.MAIL, 530, "5.7.0 authentication required", UNTRIED, AUTH),
    (Stage.MAIL, 530, "5.7.0 must issue STARTTLS first", UNTRIED, AUTH),
    (Stage.RCPT, 535, "log in first", UNTRIED, AUTH),
    (Stage.AUTH, 454, "4.7.0 temporary authentication failure", UNTRIED, NONE),
    # no answer, or none that can be right
    (Stage.MAIL, 0, "", UNTRIED, NONE),
    (Stage.DATA, 0, "", UNTRIED, NONE),
    (Stage.DOT, 0, "", UNKNOWN, NONE),
    (Stage.DATA, 250, "what?", UNTRIED, NONE),
    (Stage.DOT, 354, "go on", UNKNOWN, NONE),
    (Stage.DOT, 999, "", UNKNOWN, NONE),
]


@pytest.mark.parametrize(("stage", "code", "text", "kind", "bearing"), ROWS)
def test_each_row_of_the_table(stage, code, text, kind, bearing):
    judged = judge_reply(stage, code, text)
    assert (judged.kind, judged.bearing) == (kind, bearing)


@pytest.mark.parametrize("stage", [s for s in Stage if s not in (Stage.DOT, Stage.RENDER)])
def test_nothing_before_the_dot_is_sent_or_unknown(stage):
    kinds = {judge_reply(stage, code, "").kind for code in range(1000)}
    assert kinds <= {UNTRIED, DEFERRED, REJECTED}


@pytest.mark.parametrize(
    "stage", [Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH, Stage.MAIL]
)
def test_no_reader_is_rejected_before_she_is_named(stage):
    texts = ("", "5.1.1 no such user", "5.2.2 full", "mailbox full")
    kinds = {judge_reply(stage, code, text).kind for code in range(1000) for text in texts}
    assert REJECTED not in kinds


def test_421_ends_the_connection_at_every_stage():
    assert all(judge_reply(stage, 421, "bye").ends for stage in Stage)


def test_a_refused_reader_does_not_end_the_connection():
    assert not judge_reply(Stage.RCPT, 550, "5.1.1 no such user").ends


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5.1.1 no", "5.1.1"),
        ("4.07.001 x", "4.7.1"),
        ("2.0.0", "2.0.0"),
        ("5.1.1.1 x", ""),
        ("at 10.0.0.1", ""),
        ("3.1.1 x", ""),
        ("", ""),
    ],
)
def test_enhanced_codes_are_read_as_rfc_3463_writes_them(text, code):
    assert parse_enhanced(text) == code
