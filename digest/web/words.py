"""What the pages tell a reader about her own words."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from digest.web.room import Room


def mistakes(room: Room, wrong: Collection[str]) -> dict[str, str]:
    """What is wrong with each field, in the order of the form."""
    _ = room.language.gettext
    words = {
        "email": _("This is not an email address."),
        "name": _("Please write a name of ordinary letters."),
        "themes": _("Please choose among the themes shown."),
        "keywords": _("At most 30 keywords of ordinary letters, none beginning with a sign."),
        "frequency": _("Please choose one of these."),
        "paused_until": _("Please give a day, such as 2026-12-24."),
        "send_at": _("Please give a time of day, such as 8:30."),
        "timezone": _("Please give the name of a time zone, such as Europe/Paris."),
        "format": _("Please choose one of these."),
    }
    return {field: said for field, said in words.items() if field in wrong}


def choice_words(room: Room, fields: Mapping[str, str]) -> tuple[str, ...]:
    """What a reader asked for, a line each; nothing for what she left open."""
    _, listed = room.language.gettext, room.language.listed
    often = {"weekdays": _("On weekdays"), "weekly": _("Once a week")}
    lines = [often.get(fields.get("frequency", ""), _("Every day"))]
    for name, label in (("themes", _("Themes")), ("keywords", _("Keywords"))):
        if fields.get(name):
            said = listed(fields[name].split(";"))
            # Translators: a name and what it has: "Themes: robots, safety".
            lines.append(_("%(label)s: %(words)s", label=label, words=said))
    for name, label in (("send_at", _("Time of day")), ("timezone", _("Time zone"))):
        if fields.get(name):
            lines.append(_("%(label)s: %(words)s", label=label, words=fields[name]))
    if fields.get("format") == "text":
        lines.append(_("Plain text"))
    return tuple(lines)
