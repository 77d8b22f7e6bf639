"""`digest demo`: the whole job on an embedded stage."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.desk import show
from digest.errors import UsageError


@click.command("demo")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="The folder for config, state, letters and pages; what an earlier demo left is replaced.",
)
def command(out: Path) -> int:
    """Recorded papers, example readers, a real SMTP conversation, letters to look at."""
    try:
        from digest.demo.stage import play
    except ModuleNotFoundError as error:
        if error.name != "aiosmtpd":
            raise
        raise UsageError(
            "the demo needs a mail server: pip install 'papers-digest[demo]'"
        ) from None
    from digest.cli.watch import TerminalWatch

    with TerminalWatch(all_sources=True) as watch:
        lines = play(out, watch)
    for line in lines:
        show(line)
    return 0
