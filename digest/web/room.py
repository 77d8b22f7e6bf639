"""What the pages share: the house, its keys and lists, and how a page is drawn."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from starlette.responses import HTMLResponse, Response

from digest.app.house import House
from digest.app.joining import Joining
from digest.app.keyring import Keyring
from digest.app.leaving import Leaving
from digest.app.postman import Postman
from digest.app.preferences import Preferences
from digest.app.roster import Roster
from digest.app.usual_themes import UsualThemes
from digest.config import WebConfig
from digest.config.taxonomy import load_taxonomy
from digest.errors import DigestError
from digest.rendering.language import Language, speak
from digest.rendering.pages import render_page, root_of
from digest.web.allowance import Allowance
from digest.web.network import Proxies

_log = logging.getLogger(__name__)
#: Seconds after which a client may try again what could not be written.
RETRY_AFTER = "60"
_HOUR = 3600.0
_DAY = 86400.0


@dataclass(kw_only=True)
class Room:
    """One site at work, in one event loop. Build it with `open_room`."""

    house: House
    keys: Keyring
    roster: Roster
    leaving: Leaving
    postman: Postman
    joining: Joining
    preferences: Preferences
    proxies: Proxies
    by_network: Allowance
    by_address: Allowance
    usual: UsualThemes
    _drawn: dict[str, bytes] = field(default_factory=dict)

    @property
    def web(self) -> WebConfig:
        return self.house.config.web

    @cached_property
    def root(self) -> str:
        """What stands before every path of ours: "" or "/papers"."""
        return root_of(self.house.config.newsletter)

    @cached_property
    def language(self) -> Language:
        return speak(self.house.config.newsletter.language, self.house.catalogues)

    @cached_property
    def themes(self) -> tuple[str, ...]:
        """The names of the themes that readers may choose: the config's, then the known ones."""
        config = self.house.config
        settled, known = load_taxonomy(config.themes, config.folder, config.origin)
        names = [*(rule.name for rule in settled.rules), *(entry.name for entry in known)]
        return tuple(dict.fromkeys(names))

    @property
    def theme_choices(self) -> dict[str, tuple[str, ...]]:
        """What a form shows of themes: all, and which of them editions mostly have."""
        usual = set(self.usual.names())
        return {"themes": self.themes, "usual": tuple(n for n in self.themes if n in usual)}

    def page(
        self,
        name: str,
        facts: Mapping[str, Any],
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The page `name.html.j2`."""
        newsletter = self.house.config.newsletter
        drawn = render_page(
            self.house.page_templates,
            f"{name}.html.j2",
            {"sign_up": self.web.sign_up, **facts},
            newsletter,
            self.house.catalogues,
        )
        return HTMLResponse(drawn, status, headers)

    def fixed_page(self, name: str, facts: Mapping[str, Any], status: int = 200) -> Response:
        """A page that is the same for every reader; it is drawn once."""
        key = f"{name} {status} {facts.get('title', '')}"
        if key not in self._drawn:
            self._drawn[key] = bytes(self.page(name, facts, status).body)
        return HTMLResponse(self._drawn[key], status)

    def message(
        self,
        title: str,
        *paragraphs: str,
        status: int = 200,
        link: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """A few words."""
        facts = {"title": title, "paragraphs": paragraphs, "link": link}
        return self.page("message", facts, status, headers)

    def bad_link(self) -> Response:
        """What every link gets that is not ours, or not any more: one answer for all."""
        _ = self.language.gettext
        words = _(
            "It may have been cut off by your mail program, or be too old. Please "
            "take the one in the newest letter."
        )
        facts = {"title": _("This link is not valid"), "paragraphs": (words,), "link": None}
        return self.fixed_page("message", facts, 404)

    def not_asked(self) -> Response:
        """What a POST gets that is not by the page's own button: programs that try links do so."""
        _ = self.language.gettext
        words = _("Please use the button on this link's page.")
        return self.message(_("Nothing was changed"), words, status=400)

    def not_now(self, error: DigestError) -> Response:
        """What was asked could not be written; the log says why."""
        _ = self.language.gettext
        _log.error("a reader was asked to try again: %s", error)
        return self.message(
            _("This cannot be done just now"),
            _("Nothing was changed. Please try again in a few minutes."),
            status=503,
            headers={"Retry-After": RETRY_AFTER},
        )

    async def close(self) -> None:
        """Finish what is under way; the house stays open."""
        await self.postman.close()
        await self.leaving.close()


def open_room(house: House) -> Room:
    """Everything that the pages need, looked at once so that mistakes are told at the start.

    Raises:
        DigestError: a key, the database, the templates or the themes cannot be used.
    """
    web = house.config.web
    house.busy_seconds, house.follows_database = web.patience, True
    roster = Roster(house)
    room = Room(
        house=house,
        keys=Keyring(house),
        roster=roster,
        leaving=Leaving(house, web.patience),
        postman=Postman(house),
        joining=Joining(house=house, roster=roster),
        preferences=Preferences(house=house, roster=roster),
        proxies=Proxies(web.proxies),
        by_network=Allowance(web.forms_per_network, _HOUR),
        by_address=Allowance(web.letters_per_address, _DAY),
        usual=UsualThemes(house),
    )
    if web.sign_up:
        with suppress(OSError):  # `/health` tells it
            house.config.path(web.list).parent.mkdir(parents=True, exist_ok=True)
    _ = (house.database, house.page_templates, room.language, room.themes)
    if web.sign_up:
        with suppress(OSError):  # `/health` tells of it
            house.config.path(web.list).parent.mkdir(parents=True, exist_ok=True)
    return room
