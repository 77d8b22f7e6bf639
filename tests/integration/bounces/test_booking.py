"""What is proven acts once; what is not changes no row."""

import sys
from datetime import timedelta

import pytest

from digest.bounces.report import ACTING
from digest.mailing.return_path import ReturnPath
from digest.mailing.token import PREFERENCES, sign_token
from digest.model import EditionKey, EmailAddress, Outcome, OutcomeKind, Stage
from digest.storage.bounce_book import came_back
from digest.storage.forgetting import forget
from digest.storage.suppressions import list_suppressions, suppress_address, unsuppress
from tests.support.bounce_samples import samples
from tests.support.ledgers import ledger_of
from tests.support.returned import ADA, BOUNCES, Office, complaint, office, status_report

BOB = EmailAddress("bob", "example.net")
SOFT = {"status": "5.2.2", "words": "552 5.2.2 mailbox full"}


@pytest.fixture
def desk(tmp_path):
    with office(tmp_path) as made:
        yield made


@pytest.mark.both
def test_a_hard_bounce_suppresses_and_says_why_when_and_from_what(desk: Office):
    key = desk.mail()
    report = desk.read(status_report(desk.return_path(key)))
    assert [effect.suppressed for effect in report.effects] == ["bounce"]
    (only,) = list_suppressions(desk.house.database)
    assert (only.address, only.kind, only.at) == (str(ADA), "bounce", desk.now)
    assert only.reason == "hard bounce: 550 5.1.1 no such user here"
    assert only.source == "mail <report-1@mx.example.com>"
    assert came_back(desk.house.database, key) == {"bounced": 1, "complained": 0}


@pytest.mark.both
def test_it_counts_once_however_often_it_is_read_and_whoever_reports_it(desk: Office):
    key = desk.mail()
    first = status_report(desk.return_path(key))
    again = status_report(desk.return_path(key), name="another@mx.example.com")
    desk.read(first)
    rows = desk.rows()
    report = desk.read(*[first, again] * 20)
    assert (report.effects, report.known, desk.rows()) == ([], 40, rows)


@pytest.mark.parametrize("many", [300, pytest.param(10_000, marks=pytest.mark.soak)])
def test_any_number_of_bounces_of_one_letter_is_one_row(desk: Office, many):
    key = desk.mail()
    path = desk.return_path(key)
    report = desk.read(*(status_report(path, name=f"{n}@example.com") for n in range(many)))
    assert (report.read, len(report.effects), desk.rows()) == (many, 1, 2)


def test_several_hard_bounces_may_be_asked_for(tmp_path):
    with office(tmp_path, hard=2) as desk:
        monday = desk.mail()
        desk.read(status_report(desk.return_path(monday)), status_report(desk.return_path(monday)))
        assert desk.suppressed == {}
        tuesday = desk.mail(days=1)
        desk.read(status_report(desk.return_path(tuesday)))
        assert desk.suppressed == {str(ADA): "bounce"}


@pytest.mark.both
def test_soft_bounces_suppress_when_they_are_many_in_a_short_time(desk: Office):
    for day in range(5):
        assert desk.suppressed == {}
        desk.read(status_report(desk.return_path(desk.mail(days=day)), **SOFT))
    assert desk.suppressed == {str(ADA): "bounce"}


def test_soft_bounces_far_apart_do_not(desk: Office):
    for day in range(0, 40, 4):
        desk.read(status_report(desk.return_path(desk.mail(days=day)), **SOFT))
    assert desk.suppressed == {}


def test_what_is_said_against_us_is_told_and_suppresses_nobody(desk: Office):
    for day in range(9):
        path = desk.return_path(desk.mail(days=day))
        report = desk.read(status_report(path, status="5.7.1", words="550 5.7.1 spam"))
        assert [effect.entry.cause for effect in report.effects] == ["refusal"]
    assert desk.suppressed == {}


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_letter_that_is_not_lost_changes_nothing(desk: Office, action):
    path = desk.return_path(desk.mail())
    desk.read(status_report(path, action=action, status="4.4.1"))
    assert desk.rows() == 0


def test_a_complaint_suppresses_at_once_by_return_path_link_or_letter(tmp_path):
    for number, way in enumerate(["path", "link", "letter"]):
        with office(tmp_path / way) as desk:
            key = desk.mail(ADA, BOB)
            headers = desk.headers(key)
            told = {
                "path": complaint(desk.return_path(key)),
                "link": complaint("abuse@example.org", letter=headers),
                "letter": complaint(
                    "abuse@example.org", letter=headers.partition("List-")[0], rcpt=str(ADA)
                ),
            }[way]
            desk.read(told, told)
            assert desk.suppressed == {str(ADA): "complaint"}, (number, way)
            assert came_back(desk.house.database, key)["complained"] == 1


@pytest.mark.both
def test_who_asks_to_leave_by_mail_leaves(desk: Office):
    desk.mail()
    wish = f"From: x@example.com\nSubject: unsubscribe {desk.link()}\nMessage-ID: <1@x>\n\n"
    desk.read(wish.encode())
    assert desk.suppressed == {str(ADA): "unsubscribe"}


def test_who_never_had_a_letter_yet_can_leave_by_mail_too(desk: Office):
    desk.read(f"Subject: unsubscribe {desk.link()}\n\n".encode())
    assert desk.suppressed == {desk.house.reader_id(ADA): "unsubscribe"}


def test_without_return_paths_link_and_message_id_tell_the_letter(desk: Office):
    key = desk.mail()
    desk.read(status_report("papers@example.org", letter=desk.headers(key)))
    assert desk.suppressed == {str(ADA): "bounce"}


def test_what_is_forged_foreign_old_or_altered_changes_no_row(desk: Office):
    key = desk.mail(ADA, BOB)
    path, headers = desk.return_path(key), desk.headers(key)
    local, _, token = path.partition("@")[0].partition("+")
    altered = token[:-1] + ("a" if token[-1] != "a" else "b")
    foreign = ReturnPath(b"another newsletter's key.", BOUNCES, key)
    never = desk.return_path(key, EmailAddress("never", "example.com"))
    preferences = sign_token(desk.house.keys, desk.house.reader_id(ADA), PREFERENCES)
    bad_link = desk.link()[:-1] + ("A" if desk.link()[-1] != "A" else "B")
    mails = [
        status_report("bounces@example.org"),
        status_report("papers@example.org", letter=headers.partition("Message-ID")[0]),
        status_report("papers@example.org", letter=headers.replace(desk.link(), bad_link)
                      .replace("Message-ID: <", "Message-ID: <f")),
        # A link alone tells no letter: only what a reader asks for is believed by it.
        status_report("papers@example.org", letter=headers.replace("Message-ID", "X-ID")),
        status_report(f"{local}+{altered}@example.org"),
        status_report(f"{local}+{token[:-1]}@example.org"),
        status_report(str(foreign.of(desk.house.reader_id(ADA)))),
        status_report(never),
        complaint("abuse@example.org", rcpt=str(ADA)),
        complaint("abuse@example.org", letter=headers.replace(desk.link(), bad_link)
                  .replace("Message-ID: <", "Message-ID: <f"), rcpt=str(ADA)),
        f"Subject: unsubscribe {bad_link}\n\n".encode(),
        f"Subject: unsubscribe {preferences}\n\n".encode(),
        f"From: {ADA}\nTo: {path}\nSubject: unsubscribe\n\nplease\n".encode(),
    ]  # fmt: skip
    report = desk.read(*mails)
    assert report.effects == []
    assert desk.rows() == 0
    desk.mail(days=31)
    assert desk.read(status_report(path)).unfounded == 1
    assert desk.rows() == 0


def test_each_sample_acts_with_a_token_of_ours_and_none_without(tmp_path):
    """What a sample is about is the reader's letter; whether it suppresses is its reason's."""
    bounces = [sample for sample in samples() if sample.addresses]
    with office(tmp_path, soft=1) as desk:
        desk.read(*(sample.returned_to("bounces@example.org") for sample in bounces))
        assert desk.rows() == 0
        readers = [EmailAddress(f"reader{n}", "example.net") for n in range(len(bounces))]
        key = desk.mail(*readers)
        report = desk.read(
            *(
                sample.returned_to(desk.return_path(key, reader))
                for sample, reader in zip(bounces, readers, strict=True)
            )
        )
        acted = {effect.entry.address for effect in report.effects}
        for sample, reader in zip(bounces, readers, strict=True):
            assert (reader in acted) is not sample.temporary, sample.name
        refused = sum(effect.entry.cause == "refusal" for effect in report.effects)
        assert len(desk.suppressed) == len(acted) - refused > 90
        assert {kind for kind in report.kinds if kind in ACTING} == {"hard", "soft", "refusal"}


def test_no_mail_is_ever_answered(desk: Office):
    """Nothing connects to anything, nor starts a program, whatever is read."""
    path = desk.return_path(desk.mail())
    asks_for_one = b"Return-Receipt-To: a@example.com\nDisposition-Notification-To: a@example.com\n"
    done: list[str] = []
    listening = [True]

    def hook(event: str, _: object) -> None:
        if listening[0] and event in ("socket.connect", "socket.sendto", "subprocess.Popen"):
            done.append(event)

    sys.addaudithook(hook)
    raws = [sample.returned_to(path) for sample in samples()]
    desk.read(*raws, *(asks_for_one + raw for raw in raws), complaint(path))
    listening[0] = False
    assert done == []


def test_a_person_can_undo_it_and_old_bounces_count_no_more(tmp_path):
    with office(tmp_path, hard=2) as desk:
        mails = [status_report(desk.return_path(desk.mail(days=day))) for day in (0, 1)]
        desk.read(*mails)
        assert unsuppress(desk.house.database, ADA)
        desk.read(*mails)  # an mbox is read again from its beginning
        third = status_report(desk.return_path(desk.mail(days=2)))
        desk.read(third)
        assert desk.suppressed == {}
        desk.read(status_report(desk.return_path(desk.mail(days=3))))
        assert desk.suppressed == {str(ADA): "bounce"}
        assert came_back(desk.house.database, desk.mail(days=4))["bounced"] == 0


@pytest.mark.both
def test_what_was_mailed_before_a_person_undid_it_suppresses_no_more(desk: Office):
    """Two letters were under way to a dead mailbox; the second report comes after it was mended."""
    monday, tuesday = desk.mail(), desk.mail(days=1)
    desk.read(status_report(desk.return_path(monday)))
    assert unsuppress(desk.house.database, ADA)
    desk.read(status_report(desk.return_path(tuesday)), status_report(desk.return_path(monday)))
    assert desk.suppressed == {}
    desk.read(complaint(desk.return_path(tuesday)))  # her own word
    assert desk.suppressed == {str(ADA): "complaint"}
    assert unsuppress(desk.house.database, ADA)
    desk.read(status_report(desk.return_path(desk.mail(days=2))))
    assert desk.suppressed == {str(ADA): "bounce"}


@pytest.mark.both
def test_the_days_of_the_letters_count_and_not_those_of_the_reports(desk: Office):
    """The mailbox was not read for weeks, or the clock was wrong meanwhile."""
    paths = [desk.return_path(desk.mail(days=day)) for day in range(0, 28, 4)]
    desk.read(*(status_report(path, **SOFT) for path in reversed(paths)))
    assert desk.suppressed == {}
    near = [desk.return_path(desk.mail(days=day)) for day in (25, 26, 27)]
    desk.now -= timedelta(days=300)
    desk.read(*(status_report(path, **SOFT) for path in near))
    assert desk.suppressed == {str(ADA): "bounce"}


@pytest.mark.both
def test_what_comes_back_of_a_deleted_readers_letter_names_nobody(desk: Office):
    key = desk.mail()
    path, reader = desk.return_path(key), desk.house.reader_id(ADA)
    said = f"550 5.1.1 <{ADA}>: no such user"
    desk.read(status_report(path, words=said, status="5.2.2"))
    with desk.house.database.write() as connection:
        connection.exec_driver_sql("UPDATE delivery SET state = 'sent'")
    forget(desk.house.database, ADA, reader, reason="deleted", at=desk.now)
    desk.read(status_report(path, words=said), complaint(path))
    assert desk.suppressed == {reader: "unsubscribe"}
    with desk.house.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM bounce").all()
        kept = f"{rows} {connection.exec_driver_sql('SELECT * FROM suppression').all()}"
    assert len(rows) == 3
    assert str(ADA) not in kept


def deny(desk: Office, key: EditionKey, *, denied: int, taken: int, words: str = "no") -> None:
    """The relay's answers to the letters of an edition, the first of them refusals."""
    ledger = ledger_of(desk.house.database, key)
    claimed = ledger.claim(denied + taken, desk.now)
    no = Outcome(
        kind=OutcomeKind.REJECTED, stage=Stage.RCPT, code=550, enhanced="5.1.1", words=words
    )
    yes = Outcome(kind=OutcomeKind.SENT, stage=Stage.DOT, code=250)
    outcomes = [no] * denied + [yes] * taken
    ledger.record((), tuple(zip(claimed, outcomes, strict=True)), desk.now)


@pytest.mark.both
@pytest.mark.parametrize(
    ("denied", "taken", "suppressed"),
    [(1, 0, 1), (2, 0, 2), (3, 0, 0), (3, 1, 3), (9, 1, 9), (12, 12, 0), (12, 13, 12)],
)
def test_a_relay_that_denies_the_mailboxes_of_half_a_domain_is_not_believed(
    desk: Office, denied, taken, suppressed
):
    key = desk.mail(*(EmailAddress(f"r{n}", "example.net") for n in range(denied + taken)))
    deny(desk, key, denied=denied, taken=taken)
    desk.read()
    assert len(desk.suppressed) == suppressed
    desk.read()
    assert len(desk.suppressed) == suppressed


def test_a_relay_that_is_wrong_for_weeks_is_believed_in_the_end(desk: Office):
    readers = [EmailAddress(f"r{n}", "example.net") for n in range(3)]
    for day in range(5):
        assert desk.suppressed == {}
        deny(desk, desk.mail(*readers, days=day), denied=3, taken=0)
        desk.read()
    assert len(desk.suppressed) == 3


def test_a_relays_words_count_beside_its_code(desk: Office):
    key = desk.mail()
    deny(desk, key, denied=1, taken=0, words="5.1.1 blocked using zen.spamhaus.org")
    desk.read()
    assert desk.suppressed == {}


def test_the_first_reason_stays(desk: Office):
    key = desk.mail()
    suppress_address(desk.house.database, ADA, reason="asked", source="phone", at=desk.now)
    report = desk.read(status_report(desk.return_path(key)))
    assert [effect.suppressed for effect in report.effects] == [None]
    assert desk.suppressed == {str(ADA): "hand"}


@pytest.mark.both
def test_a_dry_run_says_all_and_keeps_nothing(desk: Office):
    report = desk.read(status_report(desk.return_path(desk.mail())), dry_run=True)
    assert [effect.suppressed for effect in report.effects] == ["bounce"]
    assert desk.rows() == 0


@pytest.mark.both
@pytest.mark.parametrize(
    ("stage", "enhanced", "kind"),
    [
        (Stage.RCPT, "5.1.1", {str(ADA): "bounce"}),
        (Stage.RCPT, "5.7.1", {}),
        (Stage.DOT, "5.1.1", {}),
        (Stage.RCPT, "5.6.7", {}),
    ],
)
def test_what_the_relay_says_of_a_mailbox_counts_as_what_a_report_says(
    desk: Office, stage, enhanced, kind
):
    key = desk.mail()
    with_words = Outcome(
        kind=OutcomeKind.REJECTED, stage=stage, code=550, enhanced=enhanced, words="no", relay="mx"
    )
    ledger = ledger_of(desk.house.database, key)
    (claimed,) = ledger.claim(10, desk.now)
    ledger.record((), ((claimed, with_words),), desk.now)
    desk.read()
    assert desk.suppressed == kind
    rows = desk.rows()
    desk.read(status_report(desk.return_path(key)) if kind else b"")
    assert desk.rows() == rows
    assert came_back(desk.house.database, key)["bounced"] == 0
