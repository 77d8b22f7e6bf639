"""Ask a language model's server: OpenAI's `/chat/completions`, which many servers speak.

Its answers are kept in the reply cache under a hash of the whole request, so the same question to
the same model is asked once.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

from digest.config import LlmConfig
from digest.config.loopback import is_loopback
from digest.errors import DigestError
from digest.model import StoredReply
from digest.sources.fetch import Fetcher, ReplyCache
from digest.sources.fetch_error import FetchError
from digest.sources.politeness import Deadline, Pace
from digest.sources.text import clean_text

_AT_ONCE = 4
#: So many failures in a row say that the server is not well: it is left alone.
_PATIENCE = 3
_MOST_BYTES = 200_000
_LONGEST = 10_000  # characters that are kept of an answer
_PATH = "/chat/completions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What became of one question: a text of plain lines, or the fault for which there is none.

    `failed`: something is wrong, and not only `max_requests` reached.
    """

    text: str = ""
    fault: str = ""
    failed: bool = False


async def complete(
    config: LlmConfig,
    questions: Sequence[str],
    *,
    system: str,
    key: str,
    agent: str,
    cache: ReplyCache,
    now: datetime,
) -> tuple[Completion, ...]:
    """One completion for each question, in order; the first ones are asked first.

    `key` is "" for a server that wants none. No failure raises. What `budget` and `max_requests`
    leave over, and what follows after several failures in a row, is not asked.
    """
    bodies = [_body(config, system, question) for question in questions]
    known = [_load(cache, body) for body in bodies]
    unknown = [number for number, each in enumerate(known) if each is None]
    found = {number: each for number, each in enumerate(known) if each is not None}
    if unknown:
        asking = _Asking(config, key, agent=agent, cache=cache, now=now)
        found |= await asking.ask({number: bodies[number] for number in unknown})
    return tuple(found[number] for number in range(len(bodies)))


class _Asking:
    """One round of questions to one server, a few at once."""

    def __init__(
        self, config: LlmConfig, key: str, *, agent: str, cache: ReplyCache, now: datetime
    ) -> None:
        self._config, self._key, self._cache, self._now = config, key.strip(), cache, now
        self._agent = agent
        self._url = _endpoint(config.url)
        self._asked = self._failures = 0
        self._deadline = Deadline(config.budget)
        self._used_up = f"llm.budget of {config.budget:g} s is used up"
        self._stop = _unfit_key(config, self._key)

    async def ask(self, bodies: Mapping[int, bytes]) -> dict[int, Completion]:
        """What became of each body."""
        seconds = self._config.timeout
        waiting = iter(bodies.items())
        found: dict[int, Completion] = {}
        async with Fetcher(
            self._config.url,
            agent=self._agent,
            cache=self._cache,
            timeout=self._config.budget + seconds,  # ours comes first and says what ended
            max_bytes=_MOST_BYTES,
            pace=Pace(connect=min(seconds, 10.0), read=seconds),
        ) as fetcher:

            async def work() -> None:
                for number, body in waiting:
                    found[number] = await self._one(fetcher, body)

            await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
        return found

    async def _one(self, fetcher: Fetcher, body: bytes) -> Completion:
        if self._deadline.left <= 0:
            self._stop = self._stop or self._used_up
        if self._stop:
            return Completion(fault=self._stop, failed=True)
        if self._asked >= self._config.max_requests:
            return Completion(fault=f"llm.max_requests is {self._config.max_requests}")
        self._asked += 1
        try:
            text = await self._text(fetcher, body)
        except FetchError as error:
            self._failures += 1
            if not error.temporary or self._failures >= _PATIENCE:
                self._stop = error.message
            return Completion(fault=error.message, failed=True)
        except Exception as error:  # a fault of ours must not stop the edition
            self._stop = f"a fault in digest itself: {type(error).__name__}"
            return Completion(fault=self._stop, failed=True)
        self._failures = 0
        _save(self._cache, body, text, self._now)
        return Completion(text=text)

    async def _text(self, fetcher: Fetcher, body: bytes) -> str:
        """The words of the model, in plain lines.

        Raises:
            FetchError: there are none.
        """
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            async with asyncio.timeout(self._deadline.left):
                reply = await fetcher.post(
                    self._url, body, headers=headers, seconds=self._config.timeout
                )
        except TimeoutError:
            raise FetchError(self._used_up, temporary=False) from None
        content = _read(reply.body, urlsplit(self._url).hostname or "")
        text = _plain_lines(content)
        if self._key and (self._key in content or self._key in text):
            raise FetchError("its answer holds the key", temporary=False)
        if not text:
            raise FetchError("an empty answer")
        return text


def _unfit_key(config: LlmConfig, key: str) -> str:
    """Why the key cannot be sent; "" if it can."""
    if not key:
        return ""
    if not (key.isascii() and key.isprintable()):
        return f"{config.key_env} holds what no key is made of"
    parts = urlsplit(config.url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        return f"{config.key_env} is not sent over http to another machine; write https in llm.url"
    return ""


def _endpoint(url: str) -> str:
    """`https://host/v1` -> `https://host/v1/chat/completions`; a whole address stays."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(path=path.removesuffix(_PATH) + _PATH, fragment=""))


def _body(config: LlmConfig, system: str, question: str) -> bytes:
    messages = [{"role": "system", "content": system}, {"role": "user", "content": question}]
    ours = {"model": config.model, "messages": messages, "stream": False}
    return json.dumps(config.options | ours, default=str).encode()


def _read(body: bytes, host: str) -> str:
    """The words of the first choice.

    Raises:
        FetchError: the reply has another shape, or its words were cut off.
    """
    try:
        choice = json.loads(body)["choices"][0]
        content = choice["message"].get("content")  # beside tool calls there may be none
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise FetchError(f"{host} answers with no chat completion") from None
    if choice.get("finish_reason") == "length":
        raise FetchError("an answer was cut off; raise max_tokens in llm.options")
    return _joined(content)


def _joined(content: object) -> str:
    """Some servers send the words in parts, those of another type (thoughts, images) among them."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (p.get("text") for p in parts if isinstance(p, dict) and p.get("type") == "text")
    return "".join(text for text in texts if isinstance(text, str))


def _plain_lines(content: str) -> str:
    """Without what "thinking" models say before; the lines stay, as they tell a heading."""
    lines = content.rpartition("</think>")[2].splitlines()
    return "\n".join(line for each in lines if (line := clean_text(each)))[:_LONGEST]


def _name(body: bytes) -> str:
    """Under which the answer to a request is kept."""
    return f"completion:{hashlib.sha256(body).hexdigest()}"


def _load(cache: ReplyCache, body: bytes) -> Completion | None:
    with suppress(DigestError, OSError, ValueError):  # a lost cache costs a question, no more
        stored = cache.load(_name(body))
        if stored is not None:
            return Completion(text=stored.body.decode())
    return None


def _save(cache: ReplyCache, body: bytes, text: str, now: datetime) -> None:
    reply = StoredReply(
        url=_name(body), body=text.encode(), content_type="text/plain", fetched_at=now
    )
    with suppress(DigestError, OSError, ValueError):
        cache.save(reply)
