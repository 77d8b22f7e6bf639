"""What config.yaml may say: every key, its kind and its default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    field_validator,
    model_validator,
)

from digest.config.bounces import BouncesConfig
from digest.config.lists import SubscribersConfig
from digest.config.storage import StorageConfig, WorkersConfig
from digest.config.themes import ThemesConfig
from digest.config.values import (
    Address,
    HttpUrl,
    LanguageTag,
    OneLine,
    Positive,
    ReturnAddress,
    Seconds,
    Shape,
    TimeOfDay,
    TimeZone,
    VariableName,
    form,
)
from digest.config.web import WebConfig
from digest.model import EditionKey, EmailAddress


class NewsletterConfig(Shape):
    """Who writes, and where readers find the pages."""

    name: OneLine = "Daily Papers"
    tagline: OneLine = ""
    curator: OneLine = ""
    from_: Address = Field(alias="from")
    reply_to: Address | None = None
    bounces: ReturnAddress | None = None
    site_url: HttpUrl = "http://localhost:8000"
    postal_address: OneLine = ""
    timezone: TimeZone = "UTC"
    language: LanguageTag = "en"

    @property
    def sender(self) -> EmailAddress:
        """The address in `from`, without the name."""
        return EmailAddress.parse(parseaddr(self.from_)[1] or self.from_)

    @property
    def bounce_address(self) -> EmailAddress | None:
        """Below it each letter has a return path of its own; None: letters return to `from`."""
        return EmailAddress.parse(self.bounces) if self.bounces else None

    @property
    def sender_name(self) -> str:
        return parseaddr(self.from_)[0] or self.name


class _Source(Shape):
    name: OneLine | None = None
    required: bool = False
    timeout: Seconds = 30.0
    max_bytes: Positive = 20_000_000
    max_papers: Positive = 500


class HuggingFaceSource(_Source):
    """The Hugging Face daily papers list: of the edition's day, or of its ISO week so far."""

    kind: Literal["huggingface"]
    url: HttpUrl = "https://huggingface.co/api/daily_papers"
    period: Literal["day", "week"] = "day"
    sort: Literal["publishedAt", "trending"] = "trending"
    min_votes: Annotated[int, Field(ge=0)] = 0


class ArxivSource(_Source):
    """arXiv's daily announcements in some categories.

    `url` is the Atom feed's base (`{url}/cs.AI+cs.CL`), or a whole feed if it ends in .xml or
    holds a query; `api_url` answers for past days.
    """

    kind: Literal["arxiv"]
    categories: Annotated[tuple[OneLine, ...], Field(min_length=1)]
    announce: tuple[Literal["new", "cross", "replace", "replace-cross"], ...] = ("new", "cross")
    url: HttpUrl = "https://rss.arxiv.org/atom"
    api_url: HttpUrl | None = None


class FeedSource(_Source):
    """Any RSS, Atom or RDF feed."""

    kind: Literal["feed"]
    url: HttpUrl
    max_age_days: Positive | None = None


class FileSource(_Source):
    """Papers from JSON, JSONL, CSV, BibTeX, RIS or the text of a papers page.

    `path` may hold `*`; it is against config.yaml's folder. `url` fetches one file instead.
    """

    kind: Literal["file"]
    path: str | None = None
    url: HttpUrl | None = None
    format: Literal["auto", "json", "jsonl", "csv", "bibtex", "ris", "text"] = "auto"

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("needs either path or url")
        return self


SourceConfig = Annotated[
    HuggingFaceSource | ArxivSource | FeedSource | FileSource, Field(discriminator="kind")
]


def _with_a_unit(value: Any) -> Any:
    """`7` would be seven seconds, and is seldom meant so."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError("needs a unit; write 7d or 36h")
    return value


class RepeatConfig(Shape):
    """When a paper that was mailed comes back: all three must hold.

    It has `votes` times the votes that it had then, `after` has passed since, and it is among the
    `best` papers of the day.
    """

    votes: Annotated[float, Field(ge=1)] = 3.0
    after: Annotated[Seconds, BeforeValidator(_with_a_unit)] = 604800.0
    best: Positive = 10


def _repeat(value: Any) -> Any:
    if not isinstance(value, bool | dict | RepeatConfig):
        raise ValueError("must be false, true, or a mapping of votes, after and best")
    return value


def _repeat_kind(value: Any) -> str:
    return "switch" if isinstance(value, bool) else "rule"


Repeat = Annotated[
    Annotated[bool, Tag("switch")] | Annotated[RepeatConfig, Tag("rule")],
    Discriminator(_repeat_kind),
    BeforeValidator(_repeat),
]


class EditionConfig(Shape):
    """How a day's papers become an edition."""

    rank: Literal["trending", "newest"] = "trending"
    max_papers: Positive = 40
    lead: Annotated[int, Field(ge=0, le=10)] = 3
    min_papers: Annotated[int, Field(ge=1)] = 1
    summary: Literal["lead", "extract", "source", "llm"] = "extract"
    repeat: Repeat = False
    relevance: Annotated[float, Field(ge=0, le=1)] = 0.95
    why: bool = False
    send_when: Literal["any", "all"] = "any"
    accept_stale: bool = False
    compose_after: TimeOfDay | None = None
    weekly_on: Literal[
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    ] = "friday"


class LlmConfig(Shape):
    """A server that speaks OpenAI's `/chat/completions`; `url` is what stands before that.

    The key is in the environment, under the name `key_env`; a server of one's own needs none.
    `timeout` is for one request, `budget` for all of an edition. `options` go with each request
    as they are: models differ in what they take.
    """

    url: HttpUrl
    model: Annotated[OneLine, Field(min_length=1)]
    key_env: VariableName = "DIGEST_LLM_KEY"
    timeout: Seconds = 30.0
    budget: Seconds = 120.0
    max_requests: Positive = 40
    options: dict[str, Any] = Field(default_factory=lambda: {"temperature": 0, "max_tokens": 300})


_DOMAIN = r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
DomainName = Annotated[str, form(_DOMAIN, "is not a domain; write it as example.org")]
AnyDomain = Annotated[str, form(rf"\*|{_DOMAIN}", "is neither a domain nor *; write example.org")]


class SmtpConfig(Shape):
    """One relay. The password is in the environment, under the name `password_env`.

    Time-outs are at least those of RFC 5321 §4.5.3.2 by default.
    """

    host: OneLine = "localhost"
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: str | None = None
    username: OneLine | None = None
    password_env: VariableName = "DIGEST_SMTP_PASSWORD"
    helo_name: OneLine | None = None
    connections: Annotated[int, Field(ge=1, le=1000)] = 4
    letters_per_connection: Positive = 100
    letters_per_minute: Positive | None = None
    letters_per_day: Positive | None = None
    pipelining: bool = True
    connect_timeout: Seconds = 30.0
    command_timeout: Seconds = 300.0
    dot_timeout: Seconds = 600.0

    @property
    def where(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"

    @property
    def key(self) -> str:
        """Where it stands in the file."""
        return "delivery.smtp"


class RelayConfig(SmtpConfig):
    """One relay among several. `share` says how many letters it gets beside the others."""

    name: OneLine | None = None
    share: Annotated[float, Field(gt=0, le=1000)] = 1.0
    _key: str = PrivateAttr("delivery.smtp")

    @property
    def key(self) -> str:
        return self._key

    def at(self, key: str) -> RelayConfig:
        """The same, which knows that it stands at `key`."""
        relay = self.model_copy()
        relay._key = key
        return relay


class DomainConfig(Shape):
    """A limit towards the readers of one domain, over all relays."""

    letters_per_minute: Positive


class DkimConfig(Shape):
    """One signature (RFC 6376). The private key is a PEM file or text in the environment.

    Without `domain` it is that of `newsletter.from`.
    """

    selector: Annotated[
        str,
        form(
            r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*",
            "is not a selector: letters, digits, - and _, with dots between",
        ),
    ]
    domain: DomainName | None = None
    key_file: str | None = None
    key_env: VariableName = "DIGEST_DKIM_KEY"


class DeliveryConfig(Shape):
    """How letters leave: by `smtp`, or by several `relays` in its place."""

    transport: Literal["outbox", "smtp"] = "outbox"
    outbox: str = "var/outbox"
    smtp: SmtpConfig = SmtpConfig()
    relays: tuple[RelayConfig, ...] = ()
    letters_per_minute: Positive | None = None
    domains: dict[AnyDomain, DomainConfig] = Field(default_factory=dict)
    dkim: tuple[DkimConfig, ...] = ()
    batch_size: Positive = 500
    synchronous: Literal["full", "normal"] = "full"
    unknown: Literal["resend", "hold"] = "resend"
    give_up_after: Seconds = 72000.0
    stop_after_failures: Positive = 50

    @field_validator("dkim", mode="before")
    @classmethod
    def _one_signature_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, dict) else value

    @field_validator("domains", mode="after")
    @classmethod
    def _plain_domains(cls, value: dict[str, DomainConfig]) -> dict[str, DomainConfig]:
        return {name.lower(): limit for name, limit in value.items()}

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.relays and "smtp" in self.model_fields_set:
            raise ValueError("delivery takes smtp or relays, not both")
        names = [relay.name or relay.where for relay in self.relays]
        if twins := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"delivery.relays: two are called {twins[0]}; give each a name")
        return self

    @property
    def ways(self) -> tuple[RelayConfig, ...]:
        """The relays, however they were written."""
        if self.relays:
            places = (f"delivery.relays[{number}]" for number in range(len(self.relays)))
            return tuple(map(RelayConfig.at, self.relays, places))
        return (RelayConfig.model_validate(self.smtp.model_dump()),)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the settings of themes stand in the file: for mistakes that are found later."""

    file: str = "config.yaml"
    places: Mapping[tuple[str | int, ...], tuple[int, int]] = field(default_factory=dict)


class TemplatesConfig(Shape):
    """The template set of each kind of edition, and of the pages. One name is for the dailies."""

    daily: OneLine = "daily"
    weekly: OneLine = "weekly"
    pages: OneLine = "pages"

    def of(self, key: EditionKey) -> str:
        """The set that an edition of this name is printed with."""
        return self.weekly if key.is_weekly else self.daily


def _template_sets(value: Any) -> Any:
    if isinstance(value, str):
        return {"daily": value}
    if not isinstance(value, dict | TemplatesConfig):
        raise ValueError("must be a template set's name, or a mapping of daily, weekly and pages")
    return value


class Config(Shape):
    """The whole of config.yaml. `folder` is where it lies; relative paths are against it."""

    newsletter: NewsletterConfig
    sources: Annotated[tuple[SourceConfig, ...], Field(min_length=1)]
    edition: EditionConfig = EditionConfig()
    themes: ThemesConfig = ThemesConfig()
    llm: LlmConfig | None = None
    subscribers: SubscribersConfig = SubscribersConfig()
    templates: Annotated[TemplatesConfig, BeforeValidator(_template_sets)] = TemplatesConfig()
    delivery: DeliveryConfig = DeliveryConfig()
    web: WebConfig = WebConfig()
    bounces: BouncesConfig = BouncesConfig()
    storage: StorageConfig = StorageConfig()
    workers: WorkersConfig = WorkersConfig()
    state: str = "var"
    folder: Path = Field(default=Path(), exclude=True)
    origin: Origin = Field(default=Origin(), exclude=True)

    def path(self, text: str) -> Path:
        """A path of the config as a path from anywhere."""
        return self.folder / Path(text).expanduser()

    @model_validator(mode="after")
    def _has_a_model(self) -> Self:
        if self.edition.summary == "llm" and self.llm is None:
            raise ValueError("edition.summary: llm needs the section llm, with url and model")
        return self

    @property
    def state_dir(self) -> Path:
        return self.path(self.state)
