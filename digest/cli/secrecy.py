"""Keep passwords and keys out of everything that is said."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

#: The variables that hold secrets unless config.yaml names others.
VARIABLES = (
    "DIGEST_SMTP_PASSWORD",
    "DIGEST_SECRET_KEY",
    "DIGEST_DKIM_KEY",
    "DIGEST_LLM_KEY",
    "DIGEST_DATABASE_URL",
    "PGPASSWORD",
)
HIDDEN = "[secret]"

#: Shorter values would blot out ordinary words.
_SHORTEST = 4
_URL_PASSWORD = re.compile(r"(://[^\s/:@]*):[^\s/@]+@")

#: Of user:password@ and of password=… behind a question mark.
_PASSWORDS = re.compile(r"://[^/:@?]*:([^/]*)@|[?&](?:ssl)?password=([^&]*)")


class Secrets:
    """What must not be said. Servers echo commands, AUTH among them, so base64 counts too."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(
        self,
        environ: Mapping[str, str],
        variables: Iterable[str] = VARIABLES,
        users: Iterable[str] = (),
    ) -> None:
        """Take the values of `variables`; `users` are the names that log in with them."""
        for value in filter(None, map(environ.get, variables)):
            if value.startswith(("postgresql://", "postgres://")):
                self._add_passwords(value)
                continue
            for part in {value, *value.splitlines(), *value.split(",")}:
                self._add(part.strip(), users)
        longest = sorted(self._values, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest))) if longest else None

    def _add_passwords(self, url: str) -> None:
        """An address itself is no secret, what it holds may be: as written, and decoded."""
        for found in _PASSWORDS.finditer(url):
            written = found[1] or found[2] or ""  # an empty one is none
            for password in {written, unquote(written)}:
                self._add(password, ())

    def _add(self, value: str, users: Iterable[str]) -> None:
        if len(value) < _SHORTEST:
            return
        # RFC 4616: PLAIN is authorization id, name, password; LOGIN sends the password alone.
        plain = [f"{who}\0{user}\0{value}" for user in users for who in ("", user)]
        coded = (base64.b64encode(each.encode()).decode() for each in (value, *plain))
        self._values.update([value, *(each.rstrip("=") for each in coded)])

    def hide(self, text: str) -> str:
        """The text without any of them, nor a password in a URL."""
        if self._pattern is not None:
            text = self._pattern.sub(HIDDEN, text)
        return _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", text) if "://" in text else text
