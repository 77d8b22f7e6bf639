"""A language model's server is asked within bounds, and no failure of it is more than a fault."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest

from digest.config import LlmConfig
from digest.sources.completions import Completion, complete
from tests.support.replies import MemoryReplies
from tests.support.web import Answer, Asked, drip, refused_port, silent_port, web_site

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
KEY = "sk-5ecret-key"
PATH = "/v1/chat/completions"


@pytest.fixture
def site():
    with web_site() as running:
        yield running


def saying(content: object, **choice: object) -> Answer:
    """A chat completion of `content`."""
    whole = {"choices": [{"message": {"role": "assistant", "content": content}, **choice}]}
    return Answer(body=json.dumps(whole).encode(), content_type="application/json")


async def ask(
    url: str, *questions: str, key: str = "", cache: MemoryReplies | None = None, **options: object
) -> tuple[Completion, ...]:
    return await complete(
        LlmConfig(url=url, model="small", **options),
        questions,
        system="Be brief.",
        key=key,
        agent="papers-digest/0",
        cache=cache or MemoryReplies(),
        now=NOW,
    )


async def fault_of(url: str, **options: object) -> str:
    (found,) = await ask(url, "one", **options)
    assert found.failed
    assert not found.text
    return found.fault


def question_of(asked: Asked) -> str:
    return json.loads(asked.body)["messages"][1]["content"]


async def test_a_question_is_asked_as_the_protocol_wants_it(site) -> None:
    site.serve(PATH, saying("An\n \nanswer\u202e  here. "))
    (found,) = await ask(site.url("/v1"), "one", key=KEY, options={"top_p": 1})
    assert found == Completion(text="An\nanswer here.")
    (asked,) = site.asked
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(asked.body) == {
        "model": "small",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "one"},
        ],
        "stream": False,
        "top_p": 1,
    }


async def test_without_a_key_none_is_sent_and_a_whole_address_stays(site) -> None:
    site.serve(PATH, saying("Yes."))
    await ask(site.url(PATH + "?version=2"), "one")
    assert "authorization" not in site.asked[0].headers
    assert site.asked[0].query == {"version": ["2"]}


async def test_answers_are_told_in_the_order_of_the_questions(site) -> None:
    site.serve(PATH, lambda asked: saying(f"To {question_of(asked)}."))
    found = await ask(site.url("/v1"), *"abcdefgh")
    assert [each.text for each in found] == [f"To {letter}." for letter in "abcdefgh"]


async def test_what_is_known_is_not_asked_again(site) -> None:
    cache = MemoryReplies()
    site.serve(PATH, lambda asked: saying(f"To {question_of(asked)}."))
    first = await ask(site.url("/v1"), "a", "b", cache=cache, key=KEY)
    site.serve(PATH, Answer(status=500))
    assert await ask(site.url("/v1"), "a", "b", cache=cache) == first
    assert len(site.asked) == 2
    assert KEY.encode() not in b"".join(reply.body for reply in cache.kept.values())
    (other,) = await ask(site.url("/v1"), "a", cache=cache, options={"seed": 1})
    assert other.failed


async def test_what_a_model_thought_before_is_left_out(site) -> None:
    site.serve(PATH, saying("<think>Well, " + "hm " * 9000 + "</think>\n\nIt works."))
    assert (await ask(site.url("/v1"), "one"))[0].text == "It works."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=500, body=b"oops"), "answers 500 Internal Server Error"),
        (Answer(status=429), "answers 429 Too Many Requests"),
        (Answer(status=401, body=KEY.encode()), "answers 401 Unauthorized"),
        (Answer(status=404), "answers 404 Not Found"),
        (Answer(body=b"<html>"), "no chat completion"),
        (Answer(body=b""), "no chat completion"),
        (Answer(body=b"[" * 100_000), "no chat completion"),
        (Answer(body=b'{"error": {"message": "no model"}}'), "no chat completion"),
        (Answer(body=b'{"choices": []}'), "no chat completion"),
        (Answer(body=b'{"choices": [{"message": 3}]}'), "no chat completion"),
        (Answer(body=b"\xff\xfe{"), "no chat completion"),
        (saying(None), "an empty answer"),
        (saying(["a", "list"]), "an empty answer"),
        (saying([{"type": "image", "text": "x"}, {"type": "text"}]), "an empty answer"),
        (Answer(body=b'{"choices": [{"message": {"tool_calls": []}}]}'), "an empty answer"),
        (saying(" \n\u200b "), "an empty answer"),
        (saying("<think>only thoughts</think>"), "an empty answer"),
        (saying("We pre", finish_reason="length"), "max_tokens"),
        (saying(f"Your key is {KEY}."), "its answer holds the key"),
        (saying(f"Your key is {KEY[:5]}\u200b{KEY[5:]}."), "its answer holds the key"),
        (Answer(pieces=drip(b"x" * 10_000)), "more than 200,000 bytes"),
        (Answer(body=saying("Yes.").body[:-9], length=500), "no chat completion"),
    ],
)
async def test_a_bad_answer_is_a_fault(site, answer: Answer, words: str) -> None:
    site.serve(PATH, answer)
    cache = MemoryReplies()
    fault = await fault_of(site.url("/v1"), key=KEY, cache=cache)
    assert words in fault
    assert KEY not in fault
    assert not cache.kept


async def test_a_redirect_is_not_followed_so_the_key_stays(site) -> None:
    site.serve(PATH, Answer(status=307, headers={"Location": site.url("/elsewhere")}))
    site.serve("/elsewhere", saying("Gotcha."))
    assert "answers 307" in await fault_of(site.url("/v1"), key=KEY)
    assert site.paths() == [PATH]


async def test_a_server_that_is_not_there_or_says_nothing_is_a_fault() -> None:
    assert "cannot be reached" in await fault_of(f"http://127.0.0.1:{refused_port()}/v1")
    with silent_port() as port:
        fault = await fault_of(f"http://127.0.0.1:{port}/v1", timeout=0.3)
    assert "0.3 s" in fault or "said nothing" in fault


async def test_a_server_that_drips_is_given_up(site) -> None:
    site.serve(PATH, Answer(pieces=drip(b" "), pause=0.05))
    assert "did not answer within 0.4 s" in await fault_of(site.url("/v1"), timeout=0.4)


async def test_the_budget_ends_the_round(site) -> None:
    def slowly(asked: Asked) -> Answer:
        time.sleep(0.3)
        return saying("Yes, it does.")

    site.serve(PATH, slowly)
    found = await ask(site.url("/v1"), *map(str, range(60)), budget=0.8)
    assert found[0].text
    assert not found[-1].text
    assert "0.8 s is used up" in found[-1].fault
    assert len(site.asked) < 20


async def test_what_the_budget_ends_is_not_blamed_on_the_server(site) -> None:
    site.serve(PATH, Answer(pieces=drip(b" "), pause=0.05))
    found = await ask(site.url("/v1"), *"abcdef", budget=0.4, timeout=30)
    assert {each.fault for each in found} == {"llm.budget of 0.4 s is used up"}
    assert all(each.failed for each in found)
    assert len(site.asked) == 4


async def test_no_more_requests_than_allowed_and_the_first_questions_have_them(site) -> None:
    site.serve(PATH, saying("Yes, it does."))
    found = await ask(site.url("/v1"), *"abcde", max_requests=2)
    assert [bool(each.text) for each in found] == [True, True, False, False, False]
    assert {each.fault for each in found[2:]} == {"llm.max_requests is 2"}
    assert not any(each.failed for each in found)
    assert len(site.asked) == 2


async def test_a_failing_server_is_left_alone(site) -> None:
    site.serve(PATH, Answer(status=503))
    found = await ask(site.url("/v1"), *map(str, range(40)))
    assert len(found) == 40
    assert all("503" in each.fault for each in found)
    assert 3 <= len(site.asked) <= 6


@pytest.mark.parametrize("content", [None, "", " \n", [], "<think>only thoughts</think>"])
async def test_empty_answers_are_failures_too(site, content: object) -> None:
    site.serve(PATH, saying(content))
    found = await ask(site.url("/v1"), *map(str, range(40)))
    assert {each.fault for each in found} == {"an empty answer"}
    assert 3 <= len(site.asked) <= 6


async def test_an_answer_in_parts_is_one_text(site) -> None:
    thought = {"type": "thinking", "text": "Hm."}
    site.serve(PATH, saying([thought, *({"type": "text", "text": t} for t in ("It ", "works."))]))
    assert (await ask(site.url("/v1"), "one"))[0] == Completion(text="It works.")


async def test_a_wrong_key_is_tried_no_more_than_a_few_at_once(site) -> None:
    site.serve(PATH, Answer(status=401))
    await ask(site.url("/v1"), *map(str, range(40)), key=KEY)
    assert len(site.asked) <= 4


async def test_one_failure_does_not_stop_the_others(site) -> None:
    def now_and_then(asked: Asked) -> Answer:
        return Answer(status=500) if int(question_of(asked)) % 5 == 0 else saying("Yes, it does.")

    site.serve(PATH, now_and_then)
    found = await ask(site.url("/v1"), *map(str, range(20)))
    assert [bool(each.text) for each in found] == [n % 5 != 0 for n in range(20)]


@pytest.mark.parametrize(
    ("url", "key", "words"),
    [
        ("http://models.example/v1", KEY, "not sent over http"),
        ("http://10.0.0.7/v1", KEY, "not sent over http"),
        ("http://localhost:1/v1", "two\nlines", "no key is made of"),
        ("http://localhost:1/v1", "schlüssel", "no key is made of"),
    ],
)
async def test_a_key_that_must_not_be_sent_is_not_sent(url: str, key: str, words: str) -> None:
    (found,) = await ask(url, "one", key=key)
    assert words in found.fault
    assert found.failed
    assert key not in found.fault
