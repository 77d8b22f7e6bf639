"""`digest serve`: the pages for readers."""

from __future__ import annotations

import importlib.util

import click

from digest.cli.desk import Desk, note, pass_desk
from digest.errors import UsageError

_NEEDED = ("starlette", "uvicorn", "python_multipart", "cryptography")


@click.command("serve")
@click.option("--host", help="The address to listen on; else web.host.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="The port, 0 for any free one; else web.port."
)
@pass_desk
def command(desk: Desk, host: str | None, port: int | None) -> int:
    """Serve the pages: join, choose, pause, leave, archive. SIGTERM ends it in order."""
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise UsageError("serve needs more packages: pip install 'papers-digest[web]'")
    from digest.app.belonging import missing_key
    from digest.web.serving import serve

    house = desk.house
    if house.has_state and (problem := missing_key(house)):
        note(f"digest: warning: {problem}")
    web = house.config.web
    site = house.config.newsletter.site_url
    serve(
        house,
        host or web.host,
        web.port if port is None else port,
        lambda address: note(f"digest: serving {address} (for readers: {site})"),
    )
    return 0
