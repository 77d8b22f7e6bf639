"""The wheel is the whole program: installed elsewhere it renders, sends and plays its demo."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tomllib
import zipfile
from contextlib import closing
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).parents[2]
NOW = "2026-11-23T07:00:00+00:00"
PAPERS = [
    {
        "id": f"desk-{number}",
        "title": f"Careful study number {number}",
        "abstract": "We look once more, and count.",
        "authors": ["Ann Author"],
        "url": f"https://example.org/papers/{number}",
    }
    for number in (1, 2)
]


def sources_of(checkout: Path) -> list[str]:
    """What a fresh clone holds; in an unpacked sdist, which has no git, everything there."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached"], cwd=checkout, capture_output=True, check=False
    )
    names = done.stdout.decode().split("\0") if done.returncode == 0 else []
    if not any(names):
        kept = ("digest", "templates", "subscribers", *(p.name for p in checkout.glob("*.*")))
        paths = (p for name in kept for p in (checkout / name, *(checkout / name).rglob("*")))
        names = [str(p.relative_to(checkout)) for p in paths if "__pycache__" not in p.parts]
    return [name for name in dict.fromkeys(names) if name and (checkout / name).is_file()]


@dataclass(frozen=True)
class Installed:
    """The wheel, and the folder outside the checkout that it was installed into."""

    wheel: Path
    site: Path
    elsewhere: Path

    def run(self, *words: str, python: str = "", **environ: str) -> str:
        """What the installed `digest`, or a line of Python beside it, prints; from a foreign cwd.

        Dependencies come from the running environment. PYTHONPATH stands before its
        site-packages, so `digest` is the wheel's even where the checkout is installed editable.
        """
        command = [sys.executable, "-c", python] if python else [str(self.site / "bin" / "digest")]
        done = subprocess.run(
            [*command, *words],
            cwd=self.elsewhere,
            env={
                "PATH": os.environ["PATH"],
                "LANG": "C.UTF-8",
                "HOME": str(self.elsewhere),
                "PYTHONPATH": str(self.site),
                "PYTHONDONTWRITEBYTECODE": "1",
                "DIGEST_NOW": NOW,
            }
            | environ,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    room = tmp_path_factory.mktemp("wheel")
    clone, dist, site, elsewhere = (room / name for name in ("clone", "dist", "site", "elsewhere"))
    elsewhere.mkdir()
    for name in sources_of(CHECKOUT):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, clone / name)
    # What a used checkout has lying about must not travel.
    for stray in ("digest/__pycache__/x.pyc", "var/ledger.sqlite", "templates/__pycache__/x.pyc"):
        (clone / stray).parent.mkdir(parents=True, exist_ok=True)
        (clone / stray).write_bytes(b"stray")
    quiet = {"cwd": room, "check": True, "stdout": subprocess.DEVNULL}
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(dist)]
    subprocess.run([*build, str(clone)], **quiet)
    (wheel,) = dist.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet"]
    pip += ["--disable-pip-version-check", "--no-compile", "--target", str(site), str(wheel)]
    subprocess.run(pip, **quiet)
    shutil.rmtree(clone)  # nothing may need what it was built from
    return Installed(wheel=wheel, site=site, elsewhere=elsewhere)


def test_the_wheel_holds_the_package_its_defaults_and_nothing_else(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as opened:
        names = {name for name in opened.namelist() if not name.endswith("/")}
    tracked = sources_of(CHECKOUT)
    moved = {"templates/": "digest/_templates/", "subscribers/": "digest/_subscribers/"}
    expected = {name for name in tracked if name.startswith("digest/")} | {
        new + name.removeprefix(old)
        for old, new in moved.items()
        for name in tracked
        if name.startswith(old)
    }
    packed = {name for name in names if ".dist-info/" not in name}
    assert packed == expected
    assert {
        "digest/py.typed",
        "digest/_templates/daily/letter.mjml.j2",
        "digest/_templates/daily/letter.txt.j2",
        "digest/_subscribers/readers.yaml",
        "digest/_subscribers/team.csv",
        "digest/demo/recorded/arxiv_api_2026-06-12.xml",
        "digest/demo/recorded/papers_page.txt",
    } <= packed
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests")]
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_wheel_names_the_distribution_and_its_command(installed: Installed) -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    assert installed.wheel.name.startswith(f"papers_digest-{project['version']}-py3-none-any")
    where = (
        "import digest, digest.storage.templates as t; print(digest.__file__, t.shipped_folder())"
    )
    assert installed.run(python=where).split() == [
        str(installed.site / "digest" / "__init__.py"),
        str(installed.site / "digest" / "_templates"),
    ]
    assert project["version"] in installed.run("--version")


def test_an_installed_digest_renders_and_sends_from_any_folder(installed: Installed) -> None:
    """`init` and `run` with relative paths, which are against config.yaml; cron stands in /."""
    news = installed.elsewhere.parent / "newsletter"
    installed.run("init", str(news), "--name", "Morning Papers")
    config = yaml.safe_load((news / "config.yaml").read_text("utf-8"))
    config["sources"] = [{"kind": "file", "name": "Desk", "path": "in/papers.json"}]
    config["delivery"] = {"transport": "outbox", "outbox": "out/letters"}
    (news / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (news / "in").mkdir()
    (news / "in" / "papers.json").write_text(json.dumps(PAPERS), encoding="utf-8")

    installed.run("run", DIGEST_CONFIG=os.path.relpath(news / "config.yaml", installed.elsewhere))

    letters = [_letter(path) for path in sorted((news / "out/letters/new").iterdir())]
    assert sorted(str(letter["To"]) for letter in letters) == [
        "Ada Example <ada@example.org>",
    ], "ben asked for themes that the day does not have"
    html, text = (_words(letters[0], kind) for kind in ("html", "plain"))
    for paper in PAPERS:
        assert paper["title"] in html
        assert paper["title"] in text
    assert "Morning Papers" in html
    assert "@media" in html, "the packaged template set's own look"
    assert (news / "var").is_dir()
    assert not list(installed.elsewhere.iterdir()), "nothing lands in the working directory"


def test_an_installed_digest_serves_its_pages(installed: Installed) -> None:
    """Templates, words, styles and the taxonomy are in the wheel."""
    news = installed.elsewhere.parent / "served"
    installed.run("init", str(news))
    look = """
import http.client, re, subprocess, sys
words = [sys.executable, sys.argv[1], "-c", sys.argv[2], "serve", "--port", "0"]
site = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
try:
    port = int(re.search(r":([0-9]+)/ ", site.stderr.readline())[1])
    for path in ("/", "/archive", "/search", "/subscribe", "/feed.xml", "/style.css", "/health"):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        client.request("GET", path)
        answer = client.getresponse()
        print(path, answer.status, len(answer.read()))
finally:
    site.terminate()
    assert site.wait() == 0
"""
    command = (str(installed.site / "bin" / "digest"), str(news / "config.yaml"))
    told = installed.run(*command, python=look)
    answers = [line.split() for line in told.splitlines()]
    assert len(answers) == 7
    assert all(status == "200" and int(size) > 10 for _, status, size in answers), told


def test_an_installed_digest_takes_up_an_older_state(installed: Installed) -> None:
    """Alembic's steps are files that it looks for."""
    news = installed.elsewhere.parent / "older"
    installed.run("init", str(news))
    (news / "var").mkdir(mode=0o700)
    first = CHECKOUT / "tests" / "data" / "storage" / "schema-1.sql"
    with closing(sqlite3.connect(news / "var" / "digest.db")) as database:
        database.executescript(first.read_text("utf-8"))
    config = ("-c", str(news / "config.yaml"))
    assert "schema 1, revision none" in installed.run(*config, "db", "current")
    assert "was 1" in installed.run(*config, "db", "upgrade")
    assert "nothing to do" in installed.run(*config, "db", "upgrade")


def test_an_installed_digest_plays_its_demo(installed: Installed) -> None:
    out = installed.elsewhere.parent / "demo"
    told = installed.run("demo", "--out", str(out))
    assert "letters taken by the mail server, 1 refused" in told
    assert "3  Safety & alignment\n" in told, "the example's rule is seen at work"
    assert all(f"status --date {key}\n" in told for key in ("2026-06-12", "2026-W24"))
    letters = [_letter(path) for path in (out / "letters" / "new").iterdir()]
    assert len(letters) >= 2
    assert all(_words(letter, "plain") for letter in letters)
    assert any(letter.get_body(("html",)) for letter in letters)
    (bruno,) = (each for each in letters if "bruno@" in each["To"])
    assert "Safety & alignment: 3 papers" in _words(bruno, "plain")
    assert str(CHECKOUT) not in told


def _letter(path: Path) -> EmailMessage:
    letter = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    assert isinstance(letter, EmailMessage)
    return letter


def _words(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    assert part is not None
    return str(part.get_content())
