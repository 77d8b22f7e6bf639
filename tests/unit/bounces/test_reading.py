"""Every mail is read as what it is, and none as more than that."""

import base64
import subprocess
import sys
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.bounces.reading import read_report
from digest.bounces.report import ACTING, Kind
from tests.bench.bounces import recognised
from tests.support.bounce_samples import samples
from tests.support.returned import complaint, status_report

TOKEN = "a" * 48
LINK = "A" * 22 + "." + "B" * 22
TO = f"bounces+{TOKEN}@example.org"
LETTER = (
    "Message-ID: <0123456789abcdef@example.org>\n"
    f"List-Unsubscribe: <https://papers.example.org/u/{LINK}>,\n"
    f" <mailto:bounces@example.org?subject=unsubscribe%20{LINK}>\n"
)


def mail(subject: str = "Hello", text: str = "", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"] = headers.pop("From", "ada@example.com")
    message["To"] = headers.pop("To", TO)
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text or "Hello")
    return bytes(message)


def test_a_status_report_brings_recipient_code_words_and_all_evidence():
    report = read_report(status_report(TO, letter=LETTER))
    (failure,) = report.failures
    assert (report.kind, failure.kind) == (Kind.HARD, Kind.HARD)
    assert failure.addresses == ("ada@example.com",)
    assert (failure.status, failure.words) == ("5.1.1", "550 5.1.1 no such user here")
    assert report.return_tokens == (TOKEN,)
    assert report.unsubscribe_tokens == (LINK,)
    assert "<0123456789abcdef@example.org>" in report.letter_ids
    assert report.message_id == "<report-1@mx.example.com>"


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_letter_that_is_not_lost_is_no_bounce(action):
    report = read_report(status_report(TO, action=action, status="4.4.1"))
    assert report.failures
    assert report.kind not in ACTING


def test_of_many_recipients_the_readers_own_counts_else_the_mildest():
    more = (
        "\nFinal-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.2.2\n"
        "\nFinal-Recipient: rfc822; cy@example.net\nAction: delayed\nStatus: 4.4.1\n"
    )
    report = read_report(status_report(TO, groups=more))
    assert len(report.failures) == 3
    assert report.about("Ada@example.com").kind is Kind.HARD
    assert report.about("bob@example.net").kind is Kind.SOFT
    assert report.about("list@example.org").kind is Kind.DELAYED


@pytest.mark.parametrize("encoded", [False, True])
def test_a_report_in_utf_8_is_read(encoded):
    """RFC 6533; Exchange and others send its parts in base64."""
    status = (
        "Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: utf-8; j\\x{FC}rgen@example.com\n"
    )
    status += "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 unbekannt\n"
    body = base64.b64encode(status.encode()).decode() if encoded else status
    encoding = "base64" if encoded else "8bit"
    raw = (
        f"From: MAILER-DAEMON@example.com\nTo: {TO}\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\n\n'
        "--x\nContent-Type: message/global-delivery-status\n"
        f"Content-Transfer-Encoding: {encoding}\n"
        f"\n{body}\n--x\nContent-Type: message/global-headers\n\n{LETTER}\n--x--\n"
    )
    report = read_report(raw.encode())
    assert [(f.addresses, f.kind) for f in report.failures] == [
        (("jürgen@example.com",), Kind.HARD)
    ]
    assert report.unsubscribe_tokens == (LINK,)


QMAIL = f"""\
Hi. This is the qmail-send program at mx.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@example.com>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <{TO}>
{LETTER}
The papers
"""
EXIM = f"""\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ada@example.com
    host mail.example.com [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<ada@example.com>:
    550 5.1.1 <ada@example.com>: User unknown

------ This is a copy of the message, including all the headers. ------

Return-path: <{TO}>
{LETTER}
"""


@pytest.mark.parametrize(
    "raw",
    [
        mail(
            "failure notice", QMAIL, From="MAILER-DAEMON@mx.example.com", To="bounces@example.org"
        ),
        mail(
            "Mail delivery failed: returning message to sender",
            EXIM,
            From="Mail Delivery System <Mailer-Daemon@mx.example.com>",
            To="bounces@example.org",
            X_Failed_Recipients="ada@example.com",
            Auto_Submitted="auto-replied",
        ),
    ],
    ids=["qmail", "exim"],
)
def test_bounces_without_parts_are_read_and_so_is_the_letter_that_they_quote(raw):
    report = read_report(raw)
    assert [(f.addresses, f.kind) for f in report.failures] == [(("ada@example.com",), Kind.HARD)]
    assert report.unsubscribe_tokens == (LINK,)
    assert "<0123456789abcdef@example.org>" in report.letter_ids


@pytest.mark.parametrize(
    ("feedback", "kind"),
    [
        ("abuse", Kind.COMPLAINT),
        ("Fraud", Kind.COMPLAINT),
        ("opt-out", Kind.LEAVE),
        ("not-spam", Kind.UNKNOWN),
        ("auth-failure", Kind.UNKNOWN),
        ("virus", Kind.UNKNOWN),
        ("", Kind.UNKNOWN),
    ],
)
def test_a_complaint_is_what_a_reader_said_against_us(feedback, kind):
    report = read_report(complaint("fbl@example.org", letter=LETTER, feedback=feedback))
    assert report.kind is kind
    assert report.unsubscribe_tokens == (LINK,)


def test_a_complaint_names_the_return_path():
    """Microsoft and AOL strip the letter's headers, and leave its envelope."""
    raw = complaint("fbl@example.org").replace(
        b"Version: 1\n", f"Version: 1\nOriginal-Mail-From: <{TO}>\n".encode()
    )
    assert read_report(raw).return_tokens == (TOKEN,)


@pytest.mark.parametrize("inside", [False, True])
def test_microsofts_loop_sends_the_letter_alone(inside):
    letter = f"X-HmXmrOriginalRecipient: <ada@hotmail.com>\n{LETTER}\nThe papers\n"
    head = "From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.1\n"
    part = f"Content-Type: message/rfc822\n\n{letter}"
    mixed = f"Content-Type: multipart/mixed; boundary=x\n\n--x\n{part}\n--x--"
    raw = head + (mixed if inside else part)
    report = read_report(raw.encode())
    assert (report.kind, report.unsubscribe_tokens) == (Kind.COMPLAINT, (LINK,))
    assert report.failures[0].addresses == ("ada@hotmail.com",)
    assert read_report(raw.replace("X-Hm", "X-").encode()).kind is Kind.UNKNOWN


@pytest.mark.parametrize("report", [status_report(TO, letter=LETTER), complaint(TO, letter=LETTER)])
def test_a_report_that_somebody_passes_on_says_nothing_of_our_letter(report):
    """She forwarded her letter to a friend without a mailbox, and then that bounce to us."""
    raw = (
        f"From: ada@example.com\nTo: {TO}\nSubject: Fwd: Undelivered\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=q\n\n--q\nContent-Type: message/rfc822\n\n"
    ).encode() + report
    assert read_report(raw + b"\n--q--\n").kind is Kind.UNKNOWN
    server = raw.replace(b"From: ada@", b"From: postmaster@", 1)  # a gateway that wraps its own
    assert read_report(server + b"\n--q--\n").kind in (Kind.HARD, Kind.COMPLAINT)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("次の宛先に配信できませんでした。\n<ada@example.com>: 550 5.1.1 User unknown", Kind.HARD),
        ("您的邮件被退回\n552 5.2.2 mailbox full", Kind.SOFT),
        ("Ihre Nachricht kam nicht an:\n550 Empfänger unbekannt", Kind.HARD),
        ("Ihre Nachricht verspätet sich: 451 4.4.1 no route", Kind.UNKNOWN),
        ("user unknown", Kind.UNKNOWN),
    ],
)
def test_a_server_that_speaks_another_language_is_understood_by_its_code(text, kind):
    raw = f"From: MAILER-DAEMON@example.com\nTo: {TO}\nSubject: x\n\n{text}\n"
    assert read_report(raw.encode()).kind is kind
    assert read_report(b"Return-Path: <ada@example.com>\n" + raw.encode()).kind is Kind.UNKNOWN


def test_sendmails_first_line_is_not_taken_for_the_quoted_letter():
    text = "The original message was received at Mon\n\n   ----- The following addresses had "
    text += (
        "permanent fatal errors -----\n<ada@example.com>\n    (reason: 550 5.1.1 User unknown)\n"
    )
    assert (
        read_report(mail("Returned mail", text, From="MAILER-DAEMON@x.example")).kind is Kind.HARD
    )


def test_a_report_without_an_action_is_read_by_its_status():
    raw = status_report(TO).replace(b"Action: failed\n", b"")
    assert read_report(raw).kind is Kind.HARD
    assert read_report(raw.replace(b"5.1.1", b"4.4.1")).kind is not Kind.HARD


def test_a_servers_words_beyond_ascii_are_kept():
    raw = status_report(TO, words="550 Postfach gelöscht, Empfänger unbekannt", status="5.0.0")
    assert "gelöscht" in read_report(raw).failures[0].words


@pytest.mark.parametrize(
    "subject",
    [
        f"unsubscribe {LINK}",
        f"Unsubscribe  {LINK} ",
        f"=?utf-8?q?unsubscribe_{LINK}?=",
        f"=?utf-8?q?unsubscribe_{LINK[:30]}?=\n =?utf-8?q?{LINK[30:]}?=",
        f"=?x-unheard-of?q?unsubscribe_{LINK}?=",
        f"=?utf-8?q?unsubscribe=C2=A0{LINK}?=",
        f"unsubscribe\n\t{LINK}",
        f"Re: unsubscribe {LINK}",
        f"[EXTERNAL] unsubscribe {LINK}",
        f"*****SPAM***** unsubscribe {LINK}",
        f"unsubscribe%20{LINK}",
        f"unsubscribe=20{LINK}",
        f"unsubscribe+{LINK}",
        f'"unsubscribe {LINK}"',
        f"unsubscribe <{LINK}>.",
    ],
)
def test_a_mail_whose_subject_is_the_readers_own_wish_asks_to_leave(subject):
    report = read_report(f"From: a@example.com\nSubject: {subject}\n\n\n".encode())
    assert (report.kind, report.unsubscribe_tokens) == (Kind.LEAVE, (LINK,))


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (mail(f"Is this right: unsubscribe {LINK}?"), Kind.UNKNOWN),
        (mail("unsubscribe"), Kind.UNKNOWN),
        (mail(f"unsubscribe {LINK}", Auto_Submitted="auto-replied (vacation)"), Kind.REPLY),
        (mail("Out of Office: The papers"), Kind.REPLY),
        (mail("Automatische Antwort: The papers", "Ich bin nicht da"), Kind.REPLY),
        (mail("Re: The papers", Precedence="auto_reply"), Kind.REPLY),
        (mail("Re: The papers", X_Autoreply="yes"), Kind.REPLY),
        (mail("Please confirm your message", "Click to release your mail"), Kind.REPLY),
        (
            mail("The papers", List_Unsubscribe=f"<https://papers.example.org/u/{LINK}>"),
            Kind.LETTER,
        ),
        (mail("Buy now", "cheap"), Kind.UNKNOWN),
        (b"", Kind.UNKNOWN),
    ],
)
def test_what_is_no_report_changes_nothing(raw, kind):
    assert read_report(raw).kind is kind


def test_an_answer_about_a_dead_mailbox_is_still_an_answer():
    """A vacation message may say anything; only a mail server knows the mailbox."""
    text = "Your message could not be delivered:\n<ada@example.com>: 550 5.1.1 user unknown\n"
    assert read_report(mail("Re: x", text, Auto_Submitted="auto-replied")).kind is Kind.REPLY


def test_every_sample_of_flufl_bounce_with_an_address_is_recognised():
    missed = [sample.name for sample in samples() if sample.addresses and not recognised(sample)]
    assert missed == []
    assert sum(bool(sample.addresses) for sample in samples()) == 111


@pytest.mark.parametrize("sample", [s for s in samples() if not s.addresses], ids=lambda s: s.name)
def test_a_sample_that_names_nobody_names_nobody(sample):
    assert [f.addresses for f in read_report(sample.raw).failures if f.kind is Kind.HARD] == []


@given(st.binary(max_size=2_000))
def test_garbage_is_no_report_and_no_error(octets):
    assert read_report(octets).kind is Kind.UNKNOWN


_PIECES = st.sampled_from(
    [
        status_report(TO, letter=LETTER),
        complaint(TO, letter=LETTER),
        mail("x", QMAIL),
        mail("y", EXIM),
    ]
)


@given(
    raw=_PIECES, cuts=st.lists(st.tuples(st.integers(0, 3_000), st.binary(max_size=30)), max_size=8)
)
def test_a_damaged_report_is_no_error(raw, cuts):
    for place, octets in cuts:
        raw = raw[:place] + octets + raw[place + len(octets) // 2 :]
    read_report(raw)


@given(raw=_PIECES, length=st.integers(0, 3_000))
def test_a_report_that_is_cut_off_is_no_error(raw, length):
    read_report(raw[:length])


_HOSTILE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
from digest.bounces.parts import LONGEST
from digest.bounces.reading import read_report
from digest.bounces.single import Singles
K, H = LONGEST, b"From: mailer-daemon@example.com\\r\\nSubject: Undelivered\\r\\n"
nested = H + b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\\r\\n\\r\\n--b%d\\r\\n" % (n, n)
    for n in range(1000))
report = b"Content-Type: multipart/report; boundary=x\\r\\n\\r\\n--x\\r\\n"
status = b"Content-Type: message/delivery-status\\r\\n\\r\\n"
status += b"Final-Recipient: rfc822; a@example.com\\n"
bad = [
    nested,
    H + b"Content-Type: message/rfc822\\r\\n\\r\\n" * 1000,
    H + b'Content-Type: multipart/report; a="x' + b";" * K,
    H + b'Content-Type: multipart/report; a="x' + b";\\r\\n " * (K // 4),
    H + b"To: " + b"=?a?q?" * K,
    H + b"a: b\\r\\n" * (K // 6),
    H + b"\\r\\n" + b"<" * K,
    H + b"\\r\\n" + b"\\n" * K,
    H + b"\\r\\nFailed Recipients\\r\\n" + (b"a@" * 240 + b"\\r\\n") * 600,
    H + b"\\r\\n> Message-ID:\\n > " * (K // 17),
    H + report + status + b"Action: failed\\nDiagnostic-Code: smtp; " + b"user a " * 9000,
    H + report + (status + b"Action: failed\\n\\n") * 4000,
    H + b"Content-Type: multipart/mixed; boundary=x\\r\\n\\r\\n" + b"--x\\r\\n" * (K // 5),
]
for raw in bad:
    read_report(raw)
with open(sys.argv[1], "wb") as file:
    file.write(H + report + status + b"Action: failed\\nStatus: 5.1.1\\n\\n")
    file.write(b"--x\\nContent-Type: text/plain\\n\\n")
    for _ in range(50):
        file.write(b"x" * 1_000_000)
[mail] = Singles([sys.argv[1]]).unread()
assert read_report(mail.raw).kind == "hard"
peak = next(l for l in open("/proc/self/status") if l.startswith("VmHWM"))
print(int(peak.split()[1]))
"""


def test_hostile_mails_cost_no_more_than_64_megabytes_in_all(tmp_path):
    """Parts 1,000 deep, 50 MB, lines and headers without end; a second each would be too much."""
    command = [sys.executable, "-c", _HOSTILE, str(tmp_path / "big")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 64 * 1024
