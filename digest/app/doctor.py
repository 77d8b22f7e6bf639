"""Everything that can be known before a run, looked at without mailing anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from digest.app.belonging import missing_key
from digest.app.compose import collect_papers
from digest.app.databases import look_at_database
from digest.app.deliver import make_ways
from digest.app.doctor_site import look_at_bounces, look_at_site
from digest.app.finding import Finding
from digest.app.house import House
from digest.app.interests import Interests
from digest.app.plan import list_losses
from digest.app.signing import load_signers
from digest.delivery.relay import Way
from digest.errors import DigestError, ListError, Problem
from digest.model import EditionKey, TemplateSet, Verdict
from digest.rendering.check import check_templates
from digest.rendering.check_pages import check_pages
from digest.storage.archive import list_editions
from digest.storage.census import counts
from digest.storage.lists.reading import open_lists
from digest.storage.permission import prove_makeable
from digest.storage.writable import prove_writable

_EDITIONS_LOOKED_AT = 14


def examine(house: House, *, network: bool = True) -> Iterator[Finding]:
    """Look at one thing after the other; a failure is a finding, not an end."""
    yield Finding(about="config", ok=True, words=f"{house.config.folder / 'config.yaml'} is fine")
    yield from _guarded("themes", lambda: _themes(house))
    yield from _guarded("templates", lambda: _templates(house))
    yield from _guarded("words", lambda: _words(house))
    yield from _guarded("lists", lambda: _lists(house))
    yield from _guarded("state", lambda: _state(house))
    if network:
        yield from _guarded("sources", lambda: _sources(house))
        yield from _delivery(house)
    yield from _guarded("dkim", lambda: _signatures(house))
    yield from _guarded("site", lambda: look_at_site(house, network=network))
    yield from _guarded("bounces", lambda: look_at_bounces(house, network=network))
    yield from _headers(house)


def _guarded(about: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except DigestError as error:
        for line in error.lines():
            yield Finding(about=about, ok=False, words=line)


def _themes(house: House) -> Iterator[Finding]:
    from digest.app.knowledge import know

    config = house.config
    settled, known = know(config.themes, config.folder, origin=config.origin)
    topics, rules = len(known.topics), len(settled.rules)
    words = f"{_count(topics, 'theme is', 'themes are')} known"
    words += f", {_count(rules, 'rule comes', 'rules come')} first"
    yield Finding(about="themes", ok=True, words=words)


def _count(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _templates(house: House) -> Iterator[Finding]:
    for key in (EditionKey.daily(house.today()), EditionKey.weekly(house.today())):
        looks = (entry.templates.of(key) for entry in house.config.subscribers.lists)
        for look in dict.fromkeys(("", *looks)):
            yield from _guarded("templates", partial(_template_set, house, key, look))
    yield from _guarded("templates", lambda: _page_set(house))


def _template_set(house: House, key: EditionKey, look: str) -> Iterator[Finding]:
    templates = house.templates(key, look)
    kind = "the weekly edition" if key.is_weekly else "the dailies"
    kind += " of some lists" if look else ""
    yield from _compiled(templates, check_templates(templates, house.config.newsletter), kind)


def _page_set(house: House) -> Iterator[Finding]:
    templates = house.page_templates
    yield from _compiled(templates, check_pages(templates, house.config.newsletter), "the pages")


def _compiled(
    templates: TemplateSet, problems: Sequence[Problem], serves: str
) -> Iterator[Finding]:
    for problem in problems:
        yield Finding(about="templates", ok=None if problem.warning else False, words=str(problem))
    if not problems:
        words = f"set {templates.name} compiles, for {serves}"
        yield Finding(about="templates", ok=True, words=words)


def _words(house: House) -> Iterator[Finding]:
    """Which catalogues the letters' own words come from; they are English without one."""
    from digest.rendering.language import speak

    tag = house.config.newsletter.language
    language = speak(tag, house.catalogues)
    if language.places or language.is_english:
        words = f"{tag}, from {', '.join(language.places) or 'the templates'}"
        yield Finding(about="words", ok=True, words=words)
    else:
        words = f"there is no catalogue for {tag}: letters speak English (locale/{tag}.po)"
        yield Finding(about="words", ok=None, words=words)
    if not language.dated:
        words = f"nothing is known of {tag}'s dates and numbers: they are English too"
        yield Finding(about="words", ok=None, words=words)


def _lists(house: House) -> Iterator[Finding]:
    reading = open_lists(house.config, check=Interests(house).check)
    try:
        readers = sum(1 for _ in reading)
    except ListError:
        readers = 0
    else:
        for loss in list_losses(house, reading.sizes):
            words = f"{loss.file}: {loss.what}: the next edition is refused ({loss.mend})"
            yield Finding(about="lists", ok=False, words=words)
    for problem in reading.problems:
        yield Finding(about="lists", ok=None if problem.warning else False, words=str(problem))
    if all(problem.warning for problem in reading.problems):
        words = f"{_count(readers, 'reader', 'readers')} in {_count(reading.rows, 'row', 'rows')}"
        yield Finding(about="lists", ok=True, words=words)


def _state(house: House) -> Iterator[Finding]:
    if not house.has_state:
        prove_makeable(house.config.state_dir)
        yield Finding(about="state", ok=True, words="no run yet; the first one makes it")
        return
    editions = list_editions(house.database)
    unknown = {
        str(each.key): states["unknown"] + states["data"]
        for each in editions[:_EDITIONS_LOOKED_AT]
        if each.frozen
        for states in [counts(house.database, each.key)]
        if states["unknown"] + states["data"]
    }
    if house.has_keys:
        _ = house.keys
    if problem := missing_key(house):
        yield Finding(about="state", ok=False, words=str(problem))
    yield Finding(
        about="state",
        ok=True,
        words=f"{house.database.place}: {_count(len(editions), 'edition', 'editions')} kept",
    )
    if house.database.is_shared:
        yield from _server(house)
    for key, number in unknown.items():
        letters = _count(number, "letter", "letters")
        words = f"{letters} of {key} with an unknown end: digest status --date {key} --unknown"
        yield Finding(about="state", ok=None, words=words)


def _server(house: House) -> Iterator[Finding]:
    from digest.storage.postgres.looking import OLDEST, look_at_server

    prove_writable(house.database)
    server = look_at_server(house.database)
    words = (
        f"PostgreSQL {server.version} takes writes; {server.size / 1e6:,.0f} MB,"
        f" {server.connections} of {server.most} connections in use"
    )
    yield Finding(about="state", ok=True, words=words)
    _, found, needed = look_at_database(house)
    if found.is_older(needed):
        words = f"the queue's tables are of {found.queue}: stop the workers, `digest db upgrade`"
        yield Finding(about="state", ok=False, words=words)
    if server.major < OLDEST:
        words = f"PostgreSQL {server.version} is too old: digest needs {OLDEST} or newer"
        yield Finding(about="state", ok=False, words=words)


def _sources(house: House) -> Iterator[Finding]:
    for report in collect_papers(house, house.today()).reports:
        fine = {Verdict.FRESH: True, Verdict.QUIET: True, Verdict.DOWN: False}.get(report.verdict)
        words = f"{report.source} is {report.verdict}: {report.reason}"
        yield Finding(about="sources", ok=fine, words=words)


def _delivery(house: House) -> Iterator[Finding]:
    delivery = house.config.delivery
    if delivery.transport == "outbox":
        words = f"letters go to {house.outbox()}; nobody is mailed"
        yield Finding(about="delivery", ok=True, words=words)
        return

    ways: Sequence[Way] = ()
    try:
        ways = make_ways(house)
    except DigestError as error:
        yield from (Finding(about="delivery", ok=False, words=line) for line in error.lines())
    for way, relay in zip(ways, delivery.ways, strict=False):
        yield from _guarded("delivery", partial(_relay, way, relay.security))


def _relay(way: Way, security: str) -> Iterator[Finding]:
    async def log_in() -> None:
        connection = await way.transport.connect()
        await connection.close()

    asyncio.run(log_in())
    words = f"{way.transport.name} answers ({security}) and takes our login"
    yield Finding(about="delivery", ok=True, words=words)
    if way.left_today == 0:
        words = f"{way.transport.name} has had its letters of the day (letters_per_day)"
        yield Finding(about="delivery", ok=None, words=words)


def _signatures(house: House) -> Iterator[Finding]:
    """The keys can be read; what the DNS must hold for them, which is not looked up."""
    if not house.config.delivery.dkim:
        return
    from digest.mailing.dkim import dns_record

    ours = f".{house.config.newsletter.sender.domain}"
    for signer in load_signers(house):
        record = dns_record(signer)
        words = f"letters are signed ({signer.algorithm}); the DNS must hold"
        yield Finding(about="dkim", ok=True, words=f"{words} {record.name} TXT {record.value}")
        if not ours.endswith(f".{signer.domain}"):
            words = f"{signer.domain} is not the domain of newsletter.from: DMARC will not count it"
            yield Finding(about="dkim", ok=None, words=words)


def _headers(house: House) -> Iterator[Finding]:
    newsletter = house.config.newsletter
    if not newsletter.site_url.startswith("https://"):
        words = (
            f"site_url {newsletter.site_url} is not https: mail programs show no one-click"
            " unsubscribe button (RFC 8058)"
        )
        yield Finding(about="headers", ok=None, words=words)
    if not newsletter.postal_address:
        words = "newsletter.postal_address is empty; many countries' laws want one in the foot"
        yield Finding(about="headers", ok=None, words=words)
