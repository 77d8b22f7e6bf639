"""The log of events names nobody and tells no secret."""

from __future__ import annotations

import base64
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.cli.event_log import EventLog, scrub
from digest.cli.secrecy import Secrets
from digest.errors import UsageError
from digest.model import EditionKey, EmailAddress, Outcome, OutcomeKind, Recipient, Stage

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
LOCAL = st.from_regex(r"[a-z]{3,12}([.+_-][a-z0-9]{1,8})?", fullmatch=True)
SAID = (
    "5.1.1 <{}>: Recipient address rejected",
    "5.1.1 {} unknown",
    "no mailbox '{}' here",
    "user={};",
    "{}",
    "({}) is over quota",
    "mail to {}.",
)


def reader(address: str = "ada.lovelace@example.org") -> Recipient:
    return Recipient(
        edition=EditionKey("2026-11-23"),
        address=EmailAddress.parse(address),
        name="Ada",
        reader_id="AAAABBBBCCCCDDDDEEEE_-",
        segment="0123456789",
        due_at=NOW,
        attempt=1,
    )


def outcome(words: str, **more) -> Outcome:
    known = {"kind": OutcomeKind.REJECTED, "stage": Stage.RCPT, "code": 550, "relay": "mx:25"}
    return Outcome(words=words, **known | more)


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@given(LOCAL, st.sampled_from(SAID), st.booleans(), st.booleans())
def test_no_words_of_a_server_keep_the_address(local, said, whole, upper):
    address = f"{local}@mail.example.org"
    echoed = address if whole else local
    text = scrub(said.format(echoed.upper() if upper else echoed), reader(address))
    assert "[address]" in text
    assert address not in text.lower()
    assert "mail.example.org" not in text.lower() if whole else True
    assert f" {local} " not in f" {text.lower()} "


@pytest.mark.parametrize(
    "text",
    [
        "ada.lovelace%40example.org",
        "bounces+ada.lovelace=example.org@relay.example",
        "SMTP;ada.lovelace@example.org",
        "mailto:Ada.Lovelace@example.org?x",
    ],
)
def test_coded_addresses_are_seen_as_well(text: str):
    found = scrub(text, reader()).lower()
    assert "lovelace" not in found


def test_other_words_stay_as_they_are():
    words = "4.7.1 Greylisted, see https://relay.example/help?id=4F2 for 300 s"
    assert scrub(words, reader("al@example.org")) == words


def test_a_letter_is_one_line_with_everything_but_her_address(tmp_path: Path):
    path = tmp_path / "log.jsonl"
    log = EventLog(str(path))
    words = 'ada.lovelace@example.org "never"\nheard\tof \u2028 ünïcode'
    log.letter(reader(), outcome(words, enhanced="5.1.1"))
    log.letter(reader(), outcome("later", kind=OutcomeKind.DEFERRED, retry_at=NOW))
    log.close()
    first, second = lines(path)
    at = datetime.fromisoformat(first.pop("at"))
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=1)
    assert first == {
        "event": "letter",
        "edition": "2026-11-23",
        "reader": "AAAABBBBCCCCDDDDEEEE_-",
        "segment": "0123456789",
        "outcome": "rejected",
        "stage": "rcpt",
        "code": 550,
        "enhanced": "5.1.1",
        "attempt": 2,
        "relay": "mx:25",
        "words": '[address] "never"\nheard\tof \u2028 ünïcode',
    }
    assert second["retry_at"] == NOW.isoformat()
    assert "Ada" not in path.read_text()


def test_secrets_are_hidden_in_every_form_a_server_echoes(tmp_path: Path):
    secrets = Secrets()
    secrets.learn({"MY_PASSWORD": "S3CR3T-42"}, ["MY_PASSWORD"], ["papers"])
    path = tmp_path / "log.jsonl"
    log = EventLog(str(path), hide=secrets.hide)
    coded = [
        base64.b64encode(raw).decode()
        for raw in (b"S3CR3T-42", b"\0papers\0S3CR3T-42", b"papers\0papers\0S3CR3T-42")
    ]
    for form in ("S3CR3T-42", *coded):
        log.letter(reader(), outcome(f"bad command AUTH PLAIN {form}"))
        log.event("error", words=f"535 no: {form}")
    log.event("log", words="fetching https://me:hunter22@feeds.example/x")
    log.close()
    told = path.read_text()
    for form in ("S3CR3T-42", *(code.rstrip("=") for code in coded), "hunter22"):
        assert form not in told
    assert told.count("[secret]") == 8


def test_a_line_is_on_disk_soon_although_no_other_follows(tmp_path: Path):
    path = tmp_path / "log.jsonl"
    log = EventLog(str(path))
    log.event("run_started", command="run")
    patience = time.monotonic() + 20
    while not path.read_text() and time.monotonic() < patience:
        time.sleep(0.05)
    assert lines(path)[0]["event"] == "run_started"
    log.close()


def test_lines_of_several_threads_are_whole_and_none_is_lost(tmp_path: Path):
    path = tmp_path / "log.jsonl"
    log = EventLog(str(path))

    def work(name: int) -> None:
        for n in range(1_000):
            log.event("log", words=f"{name} {n}")

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    found = {line["words"] for line in lines(path)}
    assert found == {f"{name} {n}" for name in range(4) for n in range(1_000)}


def test_a_log_is_appended_to_and_is_its_owners_alone(tmp_path: Path):
    path = tmp_path / "log.jsonl"
    for _ in range(2):
        log = EventLog(str(path))
        log.event("run_started")
        log.close()
        log.close()
    assert len(lines(path)) == 2
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_full_disk_ends_the_log_and_not_the_run():
    told: list[str] = []
    log = EventLog("/dev/full", complain=told.append)
    log.event("run_started")
    log.flush()
    log.event("run_ended")
    log.close()
    assert len(told) == 1
    assert "the run goes on" in told[0]


def test_a_log_that_cannot_be_opened_is_said_at_once(tmp_path: Path):
    with pytest.raises(UsageError, match="cannot be written"):
        EventLog(str(tmp_path / "none" / "log.jsonl"))
