"""`digest subscribers export`: the lists for other programs, or all about one reader."""

from __future__ import annotations

from pathlib import Path

import click

from digest.app.named_reader import parse_address
from digest.cli.desk import Desk, note, pass_desk, show_json
from digest.errors import UsageError


@click.command("export")
@click.option(
    "--list", "lists", multiple=True, type=click.Path(path_type=Path), help="Which; else all."
)
@click.option("--format", "format_", type=click.Choice(["csv", "yaml"]), default=None)
@click.option("--out", type=click.Path(path_type=Path), help="A file to write; else stdout.")
@click.option("--tag", "tags", multiple=True, help="Only readers with this tag.")
@click.option("--with-suppressed", is_flag=True, help="Those too, with a column that says so.")
@click.option("--only", metavar="EMAIL", help="All that is known of one person, as JSON.")
@pass_desk
def command(
    desk: Desk,
    lists: tuple[Path, ...],
    format_: str | None,
    out: Path | None,
    tags: tuple[str, ...],
    with_suppressed: bool,
    only: str | None,
) -> int:
    """Write the lists as CSV or YAML, every field of every reader who may be mailed.

    An import of it gives the same readers. --only answers a person who asks what is
    kept about her.
    """
    from digest.app.exchange import all_about, export_lists

    if only is not None:
        show_json(all_about(desk.house, parse_address(only, "--only")))
        return 0
    yaml = _is_yaml(format_, out)
    if yaml and with_suppressed:
        raise UsageError("--with-suppressed needs --format csv: a YAML list has no key for it")
    content = "".join(
        export_lists(desk.house, lists=lists, yaml=yaml, tags=tags, with_suppressed=with_suppressed)
    )
    if out is None:
        click.echo(content, nl=False)
        return 0
    _write(out, content)
    note(f"written: {out}")
    return 0


def _is_yaml(format_: str | None, out: Path | None) -> bool:
    if format_ is not None:
        return format_ == "yaml"
    return out is not None and out.suffix.lower() in (".yaml", ".yml")


def _write(out: Path, content: str) -> None:
    """Whole or not at all; addresses are for the owner's eyes."""
    from digest.storage.atomic import save_file

    save_file(out, content.encode())
