"""An email address that cannot be built wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from sys import intern

# The everyday address, decided without a library call: a million of them are read in a run.
# RFC 5321 §4.1.2 dot-atom, §4.5.3.1 lengths; a label neither starts nor ends with a hyphen.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """`local@domain`, the domain as lower-case A-labels, so it is ASCII on the wire.

    Build one with `EmailAddress.parse`. The local part keeps its case (RFC 5321 §2.4) and may
    hold UTF-8 (RFC 6531); quoted local parts and address literals are refused.
    """

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> EmailAddress:
        """Read an address; surrounding blanks are dropped.

        Raises:
            ValueError: with the reason in words, fit to show to a person.
        """
        text = text.strip()
        match = _PLAIN.fullmatch(text)
        # A leading hyphen is legal and an option injection for whoever hands it to a command.
        if match and len(text) <= 254 and len(match[1]) <= 64 and "--" not in match[2]:
            if match[1].startswith("-"):
                raise ValueError("an address does not start with a hyphen")
            if match[2].rpartition(".")[2].isdigit():
                raise ValueError(f"{match[2]} is not a domain name")
            return cls(match[1], intern(match[2].lower()))
        return cls._parse_rare(text)

    @classmethod
    def _parse_rare(cls, text: str) -> EmailAddress:
        from email_validator import EmailNotValidError, validate_email  # heavy: only when needed

        if text.startswith("-"):
            raise ValueError("an address does not start with a hyphen")
        if len(text) > 320:
            raise ValueError("an address has at most 254 characters")
        try:
            found = validate_email(
                text, check_deliverability=False, test_environment=True, strict=True
            )
        except EmailNotValidError as error:
            raise ValueError(str(error)) from None
        domain = (found.ascii_domain or found.domain).lower()
        if "." not in domain:
            raise ValueError("the part after the @ needs a dot")
        return cls(found.local_part, intern(domain))

    @property
    def key(self) -> str:
        """What makes two spellings the same reader: compared without case; dots and +tags kept."""
        return f"{self.local.casefold()}@{self.domain}"

    @property
    def is_ascii(self) -> bool:
        """False when only a server that offers SMTPUTF8 can take it (RFC 6531)."""
        return self.local.isascii()

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


@lru_cache(maxsize=4096)
def domain_to_unicode(domain: str) -> str:
    """The domain as a person writes it (`xn--bcher-kva.example` -> `bücher.example`)."""
    import idna

    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain
