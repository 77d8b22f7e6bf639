"""What config.yaml says of the pages: `web:`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from digest.config.values import OneLine, Seconds, Shape


class WebConfig(Shape):
    """Where `digest serve` listens, and what it lets readers do.

    Readers who signed up go to `list`, a CSV file against config.yaml's folder, which counts as
    one of `subscribers.lists` as soon as it exists. `proxies` are the addresses whose
    `X-Forwarded-For` is believed.
    """

    host: OneLine = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    list: Annotated[str, Field(pattern=r"\.csv$")] = "subscribers/web.csv"
    sign_up: bool = True
    confirm_within: Seconds = 172800.0
    proxies: tuple[OneLine, ...] = ("127.0.0.1", "::1")
