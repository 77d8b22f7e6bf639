"""config.yaml is read as typed; every mistake is told at its line, with what to do."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest
from pydantic import BaseModel

from digest.config import Config, RepeatConfig, load_config
from digest.config.reading import _models
from digest.config.shape import ArxivSource, FeedSource, FileSource, HuggingFaceSource
from digest.errors import ConfigError

ROOT = Path(__file__).parents[3]
LEAST = """\
newsletter:
  from: papers@example.org
sources:
  - {kind: huggingface}
"""


def load(folder: Path, text: str | bytes) -> Config:
    path = folder / "config.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_config(path)


def told(folder: Path, text: str | bytes) -> list[str]:
    """The problems, without the folder before the file's name."""
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    return [line.removeprefix(f"{folder}/") for line in caught.value.lines()]


def test_the_shipped_config_is_whole_and_mails_nobody():
    config = load_config(ROOT / "config.yaml")
    assert config.delivery.transport == "outbox"
    assert {source.kind for source in config.sources} == {"huggingface", "arxiv"}
    assert config.folder == ROOT


def test_the_least_config_has_every_default(tmp_path: Path):
    config = load(tmp_path, LEAST)
    assert (config.edition.max_papers, config.themes.other) == (40, "Other")
    assert config.delivery.smtp.security == "starttls"
    assert config.delivery.give_up_after == 20 * 3600


def test_relative_paths_are_against_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    config = load(tmp_path, LEAST + "state: kept/here\n")
    monkeypatch.chdir("/")
    assert config.state_dir == tmp_path / "kept" / "here"
    assert config.path("/absolute") == Path("/absolute")


def test_values_are_read_as_typed(tmp_path: Path):
    """Not as YAML 1.1 would: NO is a word, 18:00 a time of day, 1e3 a word."""
    text = LEAST + "edition: {compose_after: 18:00}\nthemes:\n  other: NO\n"
    config = load(tmp_path, text + "  rules: [{name: 1e3, keywords: [on, off, yes]}]\n")
    assert config.edition.compose_after == time(18, 0)
    assert config.themes.other == "NO"
    assert config.themes.rules[0].name == "1e3"
    assert config.themes.rules[0].keywords == ("on", "off", "yes")


MISTAKES = [
    ("edition: {max_paper: 3}", "config.yaml:5:11: edition.max_paper: unknown key (did you mean"),
    ("editions: {}", "config.yaml:5:1: editions: unknown key (did you mean edition?)"),
    (
        "edition:\n  max_papers: many",
        "config.yaml:6:3: edition.max_papers: must be a whole number (it is 'many' now)",
    ),
    ("edition: {max_papers: 0}", "edition.max_papers: must be more than 0 (it is 0 now)"),
    ("edition: {rank: best}", "edition.rank: must be one of trending, newest"),
    ("edition: {compose_after: '25:00'}", "compose_after: is not a time of day"),
    ("edition: {compose_after: 730}", "compose_after: "),
    ("delivery: {give_up_after: soon}", "give_up_after: is not a length of time; write 45s"),
    ("delivery: {smtp: {security: ssl}}", "must be one of starttls, tls, none"),
    ("delivery: {smtp: {port: 70000}}", "smtp.port: must be at most 65535 (it is 70000 now)"),
    ("delivery: {smtp: {port: smtp}}", "smtp.port: must be a whole number (it is 'smtp' now)"),
    ("delivery: {smtp: {pipelining: maybe}}", "must be true or false (it is 'maybe' now)"),
    ("delivery: {smtp: {host: 5}}", "must be a text (it is 5 now; put it into quotes)"),
    ("delivery: {smtp: {security: tsl}}", "none (it is 'tsl' now; did you mean tls?)"),
    ("delivery: {smtp: {security: }}", "security: has no value (remove it or write one)"),
    ("delivery: {domains: {a b: {letters_per_minute: 1}}}", "is neither a domain nor *"),
    ("delivery: {dkim: {selector: a b}}", "delivery.dkim.selector: is not a selector"),
    ("storage:", "config.yaml:5:1: storage: has no keys below it (remove it or write some)"),
    ("storage: [a]", "storage: must have keys of its own below it"),
    ("subscribers: {lists: readers.yaml}", "lists: must be a list (write a list: [readers.yaml])"),
    ("subscribers: {lists: {path: a.yaml}}", "write a list: each entry on a line of its own"),
    ("subscribers: {lists: []}", "subscribers.lists: must not be empty"),
    ("edition: {relevance: 2}", "edition.relevance: must be at most 1 (it is 2 now)"),
    ("web: {list: web.yaml}", "web.list: is not a CSV file's name; end it in .csv"),
    ("edition: {repeat: {after: 7}}", "edition.repeat.after: needs a unit; write 7d or 36h"),
    ("themes: {rules: [{name: A}]}", "themes.rules[0]: needs keywords or categories"),
    (
        "themes: {rules: [{name: A, keywords: [a]}, {name: a, keywords: [b]}]}",
        "two rules are called",
    ),
    ("folder: /", "folder: unknown key"),
    ("state: a\nstate: b", "config.yaml:6:1: state: this key is here twice (keep one of them)"),
    ("state: *x", "config.yaml:5:8: the alias *x is not taken here"),
    ("state: [", "config.yaml:6:1: "),
    ("\tstate: a", "config.yaml:5:1: "),
]


@pytest.mark.parametrize(("more", "expected"), MISTAKES)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, more: str, expected: str):
    lines = told(tmp_path, LEAST + more + "\n")
    assert any(expected in line for line in lines), lines
    assert all(line.startswith("config.yaml") for line in lines)


IN_SMTP = "a password does not stand in this file (put it into the environment variable "
SECRETS = [
    ("delivery: {smtp: {password: geheim}}", f"{IN_SMTP}DIGEST_SMTP_PASSWORD)"),
    ("delivery: {smtp: {pasword: geheim}}", f"{IN_SMTP}DIGEST_SMTP_PASSWORD)"),
    ("delivery: {smtp: {password: geheim, password_env: RELAY}}", f"{IN_SMTP}RELAY)"),
    ("delivery: {smtp: {password: x, password_env: geheim}}", f"{IN_SMTP}DIGEST_SMTP_PASSWORD)"),
    ("delivery: {relays: [{password: geheim}]}", f"{IN_SMTP}DIGEST_SMTP_PASSWORD)"),
    ("bounces: {imap: {host: a, username: b, passwd: geheim}}", f"{IN_SMTP}DIGEST_IMAP_PASSWORD)"),
    ("llm: {url: 'https://a.b', model: c, api_key: geheim}", "variable DIGEST_LLM_KEY)"),
    (
        "storage: {password: geheim}",
        "put the whole address into the environment variable DIGEST_DA",
    ),
    ("subscribers: {lists: [{name: a, query: b, password: geheim}]}", "that url_env names)"),
    ("delivery: {smtp: {password_env: my-geheim}}", "must be the name of an environment variable"),
    ("delivery: {relays: [{password_env: geheim !}]}", "(not the password itself; letters, digits"),
    ("storage: {url: 'postgresql://u:geheim@h/d'}", "storage.url: holds a password"),
    ("storage: postgresql://u:geheim@h/d", "storage: must have keys of its own below it"),
    ("llm: {url: 'https://u:geheim@a.b', model: c}", "llm.url: is not a web address"),
]


@pytest.mark.parametrize(("more", "expected"), SECRETS)
def test_a_secret_in_the_file_is_sent_to_its_place_and_never_repeated(
    tmp_path: Path, more: str, expected: str
):
    (line,) = told(tmp_path, LEAST + more + "\n")
    assert expected in line
    assert "geheim" not in line


NEWSLETTER_MISTAKES = [
    ("name: x", "newsletter.from: is missing"),
    ("from: papers", "newsletter.from: "),
    ('from: "a@example.org\\r\\nBcc: b@example.org"', "line break or a control character"),
    ("from: a@example.org\n  timezone: Paris", "is not an IANA time zone; write it as"),
    ("from: a@example.org\n  timezone: ../etc/passwd", "is not an IANA time zone"),
    ("from: a@example.org\n  site_url: papers.example.org", "is not a web address"),
    ("from: a@example.org\n  language: e n", "newsletter.language: is not a language; write it"),
]


@pytest.mark.parametrize(("lines", "expected"), NEWSLETTER_MISTAKES)
def test_the_newsletter_is_checked(tmp_path: Path, lines: str, expected: str):
    text = f"newsletter:\n  {lines}\nsources:\n  - {{kind: huggingface}}\n"
    found = told(tmp_path, text)
    assert any(expected in line for line in found), found


SOURCE_MISTAKES = [
    ("{kind: hugging}", "sources[0]: must be one of huggingface, arxiv, feed, file"),
    ("{kind: hugingface}", "file (it is 'hugingface' now; did you mean huggingface?)"),
    ("{kind: arxiv, categories: cs.LG}", "categories: must be a list (write a list: [cs.LG])"),
    ("{url: 'https://example.org'}", "sources[0]: needs a kind: huggingface, arxiv, feed or file"),
    ("{kind: arxiv}", "sources[0].categories: is missing"),
    ("{kind: arxiv, categories: []}", "sources[0].categories: "),
    ("{kind: arxiv, categorys: [cs.AI]}", "sources[0].categorys: unknown key (did you mean cat"),
    ("{kind: feed}", "sources[0].url: is missing"),
    ("{kind: feed, url: 'file:///etc/passwd'}", "is not a web address"),
    ("{kind: feed, url: 'https://u:p@example.org'}", "is not a web address"),
    ("{kind: file}", "sources[0]: needs either path or url"),
]


@pytest.mark.parametrize(("source", "expected"), SOURCE_MISTAKES)
def test_a_source_is_checked(tmp_path: Path, source: str, expected: str):
    text = f"newsletter: {{from: papers@example.org}}\nsources:\n  - {source}\n"
    found = told(tmp_path, text)
    assert any(expected in line for line in found), found


def test_all_mistakes_are_told_at_once(tmp_path: Path):
    text = LEAST + "edition: {max_paper: 3, rank: best}\nstat: var\n"
    assert len(told(tmp_path, text)) == 3


WHOLE = [
    (b"", "the file is empty (make one with `digest init`"),
    (b"- a\n", "is not a mapping of keys to values"),
    (b"\xff\xfe\x00", "is not UTF-8 text"),
    (b"a: \x07\n", "config.yaml:1: "),
    (b"a: " + b"[" * 100_000, "config.yaml"),
    (b"#" * 1_000_001, "is larger than 1 MB"),
]


@pytest.mark.parametrize(("content", "expected"), WHOLE)
def test_a_file_that_is_no_config_is_one_line(tmp_path: Path, content: bytes, expected: str):
    (line,) = told(tmp_path, content)
    assert expected in line
    assert "\n" not in line


def test_a_missing_file_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(ConfigError, match="digest init"):
        load_config(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("false", False),
        ("true", True),
        ("{}", RepeatConfig(votes=3, after=7 * 86_400.0, best=10)),
        ("{votes: 1.5, after: 12h, best: 3}", RepeatConfig(votes=1.5, after=43_200.0, best=3)),
    ],
)
def test_repeat_is_a_switch_or_a_rule(tmp_path: Path, text: str, means: object):
    assert load(tmp_path, f"{LEAST}edition:\n  repeat: {text}\n").edition.repeat == means


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("often", "edition.repeat: must be false, true, or a mapping of votes, after and best"),
        ("{vote: 3}", "edition.repeat.vote: unknown key (did you mean votes?)"),
        ("{votes: 0.5}", "edition.repeat.votes: must be at least 1 (it is 0.5 now)"),
        ("{after: soon}", "edition.repeat.after: is not a length of time"),
    ],
)
def test_a_mistake_in_repeat_is_told_where_it_is(tmp_path: Path, text: str, says: str):
    (line,) = told(tmp_path, f"{LEAST}edition:\n  repeat: {text}\n")
    assert line.startswith("config.yaml:6:")
    assert says in line


def test_every_key_is_in_the_documentation():
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    shapes: list[type[BaseModel]] = [HuggingFaceSource, ArxivSource, FeedSource, FileSource]
    todo: list[type[BaseModel]] = [Config]
    while todo:
        shape = todo.pop()
        shapes.append(shape)
        for field in shape.model_fields.values():
            todo += [m for m in _models(field.annotation) if m not in shapes]
    keys = {f.alias or name for s in shapes for name, f in s.model_fields.items()} - {"folder"}
    assert len(keys) > 60
    missing = {key for key in keys if f"`{key}`" not in page and f".{key}`" not in page}
    assert missing - {*Config.model_fields, "kind", "smtp"} == (set())


def test_the_only_source_being_faulty_is_one_mistake_and_not_two(tmp_path):
    lines = told(tmp_path, LEAST.replace("huggingface", "telepathy"))
    assert len(lines) == 1
    assert "sources[0]" in lines[0]
