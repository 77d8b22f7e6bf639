"""What config.yaml says of the pages: `web:`."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

from digest.config.values import OneLine, Positive, Seconds, Shape, form


def _network(value: str) -> str:
    try:
        ip_network(value, strict=False)
    except ValueError:
        raise ValueError("is no address and no network; write 127.0.0.1 or 10.0.0.0/8") from None
    return value


class WebConfig(Shape):
    """Where `digest serve` listens, and what it lets readers do.

    Readers who signed up go to `list`, a CSV file against config.yaml's folder, which counts as
    one of `subscribers.lists` as soon as it exists. `proxies` are the addresses and networks
    whose `X-Forwarded-For` is believed. So many letters go to one address in a day because
    somebody typed it into the form, and so many forms are taken from one network in an hour.
    For `patience` a reader's step waits for another program that writes.
    """

    host: OneLine = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    list: Annotated[str, form(r"(?s).*\.csv", "is not a CSV file's name; end it in .csv")] = (
        "subscribers/web.csv"
    )
    sign_up: bool = True
    confirm_within: Seconds = 172800.0
    letters_per_address: Positive = 3
    forms_per_network: Positive = 30
    patience: Seconds = 10.0
    proxies: tuple[Annotated[OneLine, AfterValidator(_network)], ...] = ("127.0.0.1", "::1")
