"""A reader joins, confirms, chooses, receives and leaves: by clicking, with a mail server between.

What she sees on the way is kept as pictures in a temporary folder, or in `DIGEST_PICTURES`:

    DIGEST_PICTURES=docs/images pytest tests/browser/test_reader_journey.py
"""

from __future__ import annotations

import json
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.newsroom import KeepingServer, Newsroom, html_of, mail_server
from tests.support.serving import serving

RECORDED = Path(__file__).parents[1] / "data" / "raw" / "hf_api" / "daily_papers_2026-06-12.json"
NEW = "grace@example.org"
SCREENS = {
    "desktop": (1280, 900, "light"),
    "phone": (375, 812, "light"),
    "dark": (375, 812, "dark"),
}


def recorded_papers() -> list[dict[str, object]]:
    """The records of a file source, from a recorded day."""
    return [
        {
            "id": each["paper"]["id"],
            "title": each["title"],
            "abstract": each["paper"]["summary"],
            "authors": [author["name"] for author in each["paper"]["authors"]],
            "url": f"https://huggingface.co/papers/{each['paper']['id']}",
            "votes": each["paper"]["upvotes"],
        }
        for each in json.loads(RECORDED.read_bytes())
    ]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def newsroom(folder: Path, server: KeepingServer) -> Iterator[tuple[Newsroom, str]]:
    """A newsletter with real papers and its site, whose links lead to this machine."""
    room = Newsroom(folder, "2026-06-12T08:00:00+00:00")
    address = f"http://127.0.0.1:{free_port()}"
    room.configure(
        newsletter={
            "site_url": address,
            "tagline": "Trending papers in your inbox",
            "curator": "AK and the research community",
        },
        themes={"discover": True},
        web={"list": "web.csv"},
    )
    room.mail_by(server.port)
    papers = recorded_papers()
    for day, first in ((0, 0), (1, 10)):
        room.write_papers(papers[first : first + 10])
        assert room.run("run", "--date", f"2026-06-{10 + day}").code == 0
    room.write_papers(papers[20:])
    with serving(room, port=int(address.rpartition(":")[2])):
        yield room, address


class Traveller:
    """Someone at a browser, who takes pictures."""

    def __init__(self, page: Page, album: Path) -> None:
        self.page = page
        self.album = album

    def picture(self, name: str) -> None:
        """`site-NAME-desktop.png` and so on: what is on the screen."""
        for screen, (width, height, scheme) in SCREENS.items():
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            self.page.screenshot(path=str(self.album / f"site-{name}-{screen}.png"))
        self.page.set_viewport_size({"width": 1280, "height": 900})
        self.page.emulate_media(color_scheme="light")

    def open_letter(self, letter: EmailMessage) -> None:
        self.page.goto("about:blank")
        self.page.set_content(html_of(letter))

    def follow(self, link: str) -> None:
        """A click on a link of a letter opens the site in the place of the letter."""
        self.page.get_by_role("link", name=link, exact=True).first.click()

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button).click()

    @property
    def heading(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()


def letters_to(server: KeepingServer, address: str) -> list[EmailMessage]:
    return [letter for to, letter in server.letters if to == address]


@pytest.fixture
def album(tmp_path: Path) -> Path:
    return Path(os.environ.get("DIGEST_PICTURES") or tmp_path)


def test_a_reader_joins_confirms_chooses_receives_and_leaves(
    tmp_path: Path, album: Path, browser: Browser
):
    with mail_server() as server, newsroom(tmp_path / "room", server) as (room, address):
        context = browser.new_context(locale="en-GB")
        context.set_default_timeout(60_000)
        reader = Traveller(context.new_page(), album)
        reader.page.goto(f"{address}/")
        assert "11 June 2026" in reader.heading, "the newest day comes first"
        reader.picture("edition")

        reader.page.get_by_label("Email address").fill(NEW)
        reader.press("Subscribe")
        while not letters_to(server, NEW):
            threading.Event().wait(0.02)
        [asked] = letters_to(server, NEW)
        assert asked["List-Unsubscribe"] is None, "she is on no list yet"

        reader.open_letter(asked)
        reader.picture("confirmation")
        reader.page.get_by_role("link", name=re.compile("confirm", re.IGNORECASE)).first.click()
        assert not (room.folder / "web.csv").exists(), "a link alone does nothing"
        reader.press("Confirm")
        assert NEW in (room.folder / "web.csv").read_text()

        assert room.run("run").code == 0
        first = letters_to(server, NEW)[1]
        reader.open_letter(first)
        reader.follow("Preferences")
        assert NEW in reader.page.inner_text("main")
        box = reader.page.get_by_role("checkbox").first
        theme = box.evaluate("box => box.labels[0].innerText.trim()")
        box.check()
        reader.page.get_by_label("On weekdays").check()
        reader.press("Save")
        assert "Saved" in reader.page.inner_text("main")
        reader.picture("preferences")
        row = (room.folder / "web.csv").read_text().splitlines()[1]
        assert theme in row
        assert "weekdays" in row

        room.later(days=3)  # over the weekend, to Monday
        room.configure(themes={"rules": [{"name": theme, "keywords": ["what she chose"]}]})
        room.write_papers(
            [
                {"id": "2606.90001", "title": "Of nothing of hers", "abstract": "Of soil."},
                {"id": "2606.90002", "title": "A survey of what she chose", "abstract": "Of it."},
            ]
        )
        assert room.run("run").code == 0
        second = letters_to(server, NEW)[2]
        assert "A survey of what" in html_of(second)
        assert "Of nothing of hers" not in html_of(second)

        reader.open_letter(second)
        reader.follow("Unsubscribe")
        reader.picture("leave")
        assert NEW not in reader.page.content(), "who finds the link learns no address"
        reader.press("Unsubscribe")
        reader.page.goto(f"{address}/subscribe")
        reader.picture("subscribe")

        room.later(days=1)
        room.write_papers([{"id": "2606.90003", "title": "More of what she chose"}])
        before = len(server.letters)
        assert room.run("run").code == 0
        assert [to for to, _ in server.letters[before:]] == ["ada@example.org"]
        assert context.cookies() == [], "no cookie was ever set"
        context.close()
