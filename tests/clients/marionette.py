"""Scripts run inside a Mozilla program, by the protocol that its own tests use.

A message is a JSON array with its length in front: `12:[0,1,"name",{}]`. We ask with 0, it answers
with 1, the same number, an error or null, and a result (Firefox source docs, testing/marionette).
"""

from __future__ import annotations

import json
import socket
from typing import Any

# The body of an async function; what it returns comes back.
_WRAPPED = """
const answer = arguments[arguments.length - 1];
const asked = [...arguments].slice(0, -1);
(async (...args) => {%s})(...asked).then(
  value => answer({value}), error => answer({error: String(error)}));
"""


class Marionette:
    """A conversation with the program that listens on `port`; its windows' scripts may do all."""

    def __init__(self, port: int) -> None:
        self._line = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._reader = self._line.makefile("rb")
        self._number = 0
        self._read()
        self._ask("WebDriver:NewSession", {})
        self._ask("Marionette:SetContext", {"value": "chrome"})

    def run(self, script: str, *args: object) -> Any:
        """What `script`, the body of an async function of `args`, returns.

        Raises:
            RuntimeError: it threw.
        """
        body = {
            "script": _WRAPPED % script,
            "args": args,
            "scriptTimeout": 60_000,
            "sandbox": "system",
        }
        answer = self._ask("WebDriver:ExecuteAsyncScript", body)["value"]
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer.get("value")

    def close(self) -> None:
        self._reader.close()
        self._line.close()

    def _ask(self, name: str, body: dict[str, object]) -> Any:
        self._number += 1
        text = json.dumps([0, self._number, name, body]).encode()
        self._line.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(f"{name}: {error['message']}")
        return result

    def _read(self) -> Any:
        length = b""
        while (char := self._reader.read(1)) != b":":
            if not char:
                raise ConnectionError("the program has left")
            length += char
        return json.loads(self._reader.read(int(length)))
