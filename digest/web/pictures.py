"""Takes pictures of a letter: on a desktop and a phone, in light and dark."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from digest.web.devtools import DevTools, open_browser
from digest.web.png import join_png

#: Seconds that a letter's own pictures, which come from elsewhere, are waited for.
PATIENCE = 10.0
# A browser's canvas ends at 16,384 pixels; a long letter on a sharp screen goes on.
_STRIP = 8_000


@dataclass(frozen=True, slots=True)
class Screen:
    """A width in CSS pixels, and how many pixels of the picture one of them is."""

    name: str
    width: int
    height: int
    sharpness: int
    mobile: bool


SCREENS = (Screen("desktop", 1000, 800, 1, False), Screen("phone", 375, 812, 2, True))
SCHEMES = ("light", "dark")


def name_of(screen: Screen, scheme: str) -> str:
    """The file of a picture."""
    return f"{screen.name}-{scheme}.png"


#: All pictures of a letter.
NAMES = tuple(name_of(screen, scheme) for screen in SCREENS for scheme in SCHEMES)


def take_pictures(letter: Path, environ: Mapping[str, str]) -> dict[str, bytes]:
    """`desktop-light.png` and so on, by name, each of the whole of `letter`, an HTML file.

    Raises:
        UsageError: there is no browser.
        BrowserError: it does not start, or gives up.
    """
    taken = {}
    with open_browser(environ) as tools:
        page = tools.call("Target.createTarget", url="about:blank")["targetId"]
        session = tools.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        tools.call("Page.enable", session)
        tools.call("Page.setLifecycleEventsEnabled", session, enabled=True)
        tools.call("Emulation.setScriptExecutionDisabled", session, value=True)
        load = tools.call("Page.navigate", session, url=letter.resolve().as_uri())["loaderId"]
        # What is missing by then is left out.
        tools.wait_for("Page.lifecycleEvent", PATIENCE, name="load", loaderId=load)
        for screen in SCREENS:
            for scheme in SCHEMES:
                taken[name_of(screen, scheme)] = _take(tools, session, screen, scheme)
    return taken


def _take(tools: DevTools, session: str, screen: Screen, scheme: str) -> bytes:
    tools.call(
        "Emulation.setDeviceMetricsOverride",
        session,
        width=screen.width,
        height=screen.height,
        deviceScaleFactor=screen.sharpness,
        mobile=screen.mobile,
    )
    asked = [{"name": "prefers-color-scheme", "value": scheme}]
    tools.call("Emulation.setEmulatedMedia", session, features=asked)
    size = tools.call("Page.getLayoutMetrics", session)["cssContentSize"]
    height, step = round(size["height"]), _STRIP // screen.sharpness
    strips = []
    for top in range(0, height, step):
        clip = {"x": 0, "y": top, "width": screen.width, "height": min(step, height - top)}
        taken = tools.call(
            "Page.captureScreenshot",
            session,
            format="png",
            captureBeyondViewport=True,
            clip={**clip, "scale": 1},
        )
        strips.append(b64decode(taken["data"]))
    return join_png(strips) if len(strips) > 1 else strips[0]
