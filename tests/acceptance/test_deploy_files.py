"""The files in docs/deploy start commands that there are, with secrets that we read."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

import pytest
import yaml

from digest.cli.root import cli
from digest.config import StorageConfig, load_config

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"
ROOT = DEPLOY.parents[1]


def _is_command(words: list[str]) -> None:
    """Ours, with options that it takes: click would refuse any other."""
    with cli.make_context("digest", [*words], resilient_parsing=False) as context:
        name, command, rest = cli.resolve_command(context, context._protected_args + context.args)
        assert command is not None
        command.make_context(name, rest, parent=context).close()


def _unit(path: Path) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(path.read_text())
    return unit


@pytest.mark.parametrize("path", sorted(DEPLOY.glob("*.service")), ids=lambda path: path.name)
def test_a_unit_starts_a_command_of_ours_and_stops_it_with_patience(path: Path) -> None:
    service = _unit(path)["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert program.endswith("/bin/digest")
    _is_command(words)
    if service.get("Type") != "oneshot":
        smtp = load_config(ROOT / "config.yaml").delivery.smtp
        assert int(service["TimeoutStopSec"]) > smtp.dot_timeout
        assert service["Restart"] == "always"


def test_the_compose_file_runs_each_part_with_our_commands() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    services = yaml.safe_load(text)["services"]
    assert set(services) == {"database", "planner", "worker", "pages"}
    for name in ("worker", "pages"):
        _is_command(services[name]["command"])
    (planner,) = re.findall(r"digest ([^;]+);", services["planner"]["entrypoint"][-1])
    _is_command(shlex.split(planner))
    assert (ROOT / services["worker"]["build"]["dockerfile"]).exists()


def test_no_secret_stands_in_a_file() -> None:
    example = (DEPLOY / "digest.env.example").read_text()
    named = dict(line.split("=", 1) for line in example.splitlines() if "=" in line)
    assert set(named) == {StorageConfig().url_env, "DIGEST_SECRET_KEY", "DIGEST_SMTP_PASSWORD"}
    assert all("change-me" in value for value in named.values())
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            assert "${" in value or name in ("POSTGRES_USER", "POSTGRES_DB"), name
