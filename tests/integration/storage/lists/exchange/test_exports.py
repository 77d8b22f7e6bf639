"""Each program's export is known by its columns, and nobody who left there comes along."""

from __future__ import annotations

import pytest

from digest.storage.lists.exchange.foreign import Cause, Format
from tests.support.exchange import EXPORTS, counted, planned, read, told


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("subscribed_email_audience_export_1.csv", Format.MAILCHIMP),
        ("unsubscribed_email_audience_export_1.csv", Format.MAILCHIMP),
        ("cleaned_email_audience_export_1.csv", Format.MAILCHIMP),
        ("listmonk.csv", Format.LISTMONK),
        ("substack_email_list.csv", Format.SUBSTACK),
        ("substack_dashboard.csv", Format.SUBSTACK),
        ("google_groups.csv", Format.GOOGLE_GROUPS),
        ("contacts.vcf", Format.VCARD),
    ],
)
def test_who_wrote_a_file_is_seen_from_it(name: str, format_: Format) -> None:
    (found,) = read(EXPORTS / name)
    assert found.format is format_


def test_mailchimp_gives_names_tags_and_the_kind_of_letter() -> None:
    plan = planned(EXPORTS / "subscribed_email_audience_export_1.csv")
    assert [dict(row) for row in plan.new] == [
        {
            "email": "ada@example.org",
            "name": "Ada Example",
            "format": "html",
            "tags": "Lab;Reading group, Tuesdays",
        },
        {"email": "zoe@example.org", "name": 'Zoë van "Z" Example', "format": "text"},
    ]
    assert "columns not read: Address, Phone Number, Birthday, MEMBER_RATING" in told(plan)


def test_mailchimps_unsubscribed_and_cleaned_files_suppress() -> None:
    plan = planned(*EXPORTS.glob("*_email_audience_export_1.csv"))
    assert counted(plan) == {"new": 2, "left": 2}
    assert {(str(d.address), d.cause, d.reason) for d in plan.departures} == {
        (
            "left@example.org",
            Cause.UNSUBSCRIBE,
            "unsubscribed in an export from Mailchimp",
        ),
        ("gone@example.org", Cause.BOUNCE, "cleaned (bounced) in an export from Mailchimp"),
    }


def test_nobody_who_never_subscribed_is_imported_or_remembered(tmp_path) -> None:
    header = (EXPORTS / "subscribed_email_audience_export_1.csv").read_text().splitlines()[0]
    path = tmp_path / "nonsubscribed_email_audience_export_1.csv"
    path.write_text(f"{header}\nshop@example.org,Shop\n")
    plan = planned(path)
    assert (counted(plan), plan.departures) == ({"left": 1}, ())


def test_an_unsubscribed_file_counts_by_its_name_when_the_time_is_missing(tmp_path) -> None:
    text = (EXPORTS / "unsubscribed_email_audience_export_1.csv").read_text()
    path = tmp_path / "unsubscribed_members_export_2.csv"
    path.write_text(text.replace('"2024-03-02 12:00:00"', ""))
    assert counted(planned(path)) == {"left": 1}


def test_listmonk_gives_attributes_that_have_a_field_of_ours() -> None:
    plan = planned(EXPORTS / "listmonk.csv")
    assert [dict(row) for row in plan.new] == [
        {
            "email": "ada@example.org",
            "name": "Ada Example",
            "timezone": "Europe/Paris",
            "tags": "lab;guest",
        }
    ]
    assert {d.reason for d in plan.departures} == {
        "disabled in an export from listmonk",
        "blocklisted in an export from listmonk",
    }


def test_substacks_free_readers_stay_and_the_disabled_do_not() -> None:
    plan = planned(EXPORTS / "substack_email_list.csv")
    assert [row["email"] for row in plan.new] == ["ada@example.org", "paul@example.org"]
    assert [str(d.address) for d in plan.departures] == ["quiet@example.org"]
    dashboard = planned(EXPORTS / "substack_dashboard.csv")
    assert [dict(row) for row in dashboard.new] == [
        {"email": "ada@example.org", "name": "Ada Example"}
    ]


def test_google_groups_tells_what_each_member_wants() -> None:
    plan = planned(EXPORTS / "google_groups.csv")
    assert [dict(row) for row in plan.new] == [
        {"email": "ada@example.org", "name": "Ada"},
        {"email": "dan@example.org", "name": "Dan", "frequency": "daily"},
        {"email": "abe@example.org", "frequency": "daily"},
        {"email": "nell@example.org", "name": "Nell", "paused_until": "further notice"},
    ]
    assert [(str(d.address), d.cause) for d in plan.departures] == [
        ("gone@example.org", Cause.BOUNCE)
    ]


def test_who_left_is_seen_even_if_the_file_is_said_to_be_plain_csv() -> None:
    plan = planned(EXPORTS / "unsubscribed_email_audience_export_1.csv", format_=Format.CSV)
    assert counted(plan) == {"left": 1}


@pytest.mark.parametrize(
    ("column", "cell", "cause"),
    [
        ("Status", "Unsubscribed", Cause.UNSUBSCRIBE),
        ("status", "hard bounced", Cause.BOUNCE),
        ("Subscription status", "bounced", Cause.BOUNCE),
        ("Subscriber_Status", "complained", Cause.COMPLAINT),
        ("Unsubscribed At", "2024-01-01", Cause.UNSUBSCRIBE),
        ("email_disabled", "TRUE", Cause.UNSUBSCRIBE),
        ("Unsubscribed", "2024-01-01", Cause.UNSUBSCRIBE),
        ("Unsubscribed", "No", None),
        ("Status", "active", None),
        ("Status", "Cancelled", Cause.UNSUBSCRIBE),
        ("Status", "Marked as spam", Cause.COMPLAINT),
        ("State", "Deleted", Cause.UNSUBSCRIBE),
        ("State", "Baja California", None),
        ("type", "removed", Cause.UNSUBSCRIBE),
        ("Type", "Spam researcher", None),
        ("subscribed_to_emails", "false", Cause.UNSUBSCRIBE),
        ("subscribed_to_emails", "true", None),
        ("EMAIL_BLOCKLISTED", "true", Cause.UNSUBSCRIBE),
        ("blacklisted", "0", None),
        ("Unsubscribed from all email", "true", Cause.UNSUBSCRIBE),
        ("Email hard bounce reason", "UNKNOWN_USER", Cause.BOUNCE),
        ("Unsubscribe URL", "https://example.org/u/1", None),
        ("bounce count", "2", None),
        ("complained", "1", Cause.COMPLAINT),
        ("Email Suppressions", "[USER_SUPPRESSED]", Cause.UNSUBSCRIBE),
        ("Status", "abgemeldet", Cause.UNSUBSCRIBE),
        ("Statut", "Désabonné", Cause.UNSUBSCRIBE),
        ("Estado", "dado de baja", Cause.UNSUBSCRIBE),
        ("ステータス", "配信停止", Cause.UNSUBSCRIBE),
        ("Suppressed", "complaint", Cause.COMPLAINT),
    ],
)
def test_programs_not_known_by_name_say_who_left_too(tmp_path, column, cell, cause) -> None:
    path = tmp_path / "people.csv"
    path.write_text(f"Email,{column}\nx@example.org,{cell}\n")
    plan = planned(path)
    assert [d.cause for d in plan.departures] == ([cause] if cause else [])
    assert len(plan.new) == (0 if cause else 1)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("opt_in", "no"),
        ("Email Marketing Consent", "NEVER_SUBSCRIBED"),
        ("confirmed", "0"),
        ("type", "unactivated"),
        ("Status", "inactive"),
    ],
)
def test_who_never_asked_another_program_is_left_alone(tmp_path, column, cell) -> None:
    path = tmp_path / "people.csv"
    path.write_text(f"Email,{column}\nx@example.org,{cell}\n")
    plan = planned(path)
    assert counted(plan) == {"left": 1}
    assert not plan.does_something


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("unsubscribes-2026.csv", Cause.UNSUBSCRIBE),
        ("Suppression_list.csv", Cause.UNSUBSCRIBE),
        ("bounces.csv", Cause.BOUNCE),
        ("subscribers.csv", None),
        ("pending.csv", None),
    ],
)
def test_a_file_of_those_who_left_is_known_by_its_name(tmp_path, name, cause) -> None:
    path = tmp_path / name
    path.write_text("Email\nx@example.org\n")
    assert [d.cause for d in planned(path).departures] == ([cause] if cause else [])


@pytest.mark.parametrize("columns", ["Status,Status", "Status,Email status"])
def test_the_worst_of_several_columns_counts(tmp_path, columns) -> None:
    path = tmp_path / "people.csv"
    path.write_text(f"Email,{columns}\nx@example.org,Unsubscribed,\ny@example.org,,bounced\n")
    assert [d.cause for d in planned(path).departures] == [Cause.UNSUBSCRIBE, Cause.BOUNCE]


def test_a_roster_of_names_with_addresses_needs_no_header(tmp_path) -> None:
    path = tmp_path / "roster.txt"
    path.write_text("x@example.org\nY Example <y@example.org>\nZ <z@example.org>\n")
    assert [row.get("name", "") for row in planned(path).new] == ["", "Y Example", "Z"]
