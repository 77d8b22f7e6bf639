"""Which field a column's name means, in the languages and words that programs use for it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from digest.errors import Problem
from digest.storage.lists.row import FIELDS

#: Two parts of a name, joined into `name`.
FIRST, LAST = "first_name", "last_name"
TARGETS = (*FIELDS, FIRST, LAST)

#: English first (Outlook, Thunderbird, Google Contacts, Mailchimp), then as spreadsheets have it
#: in German, French, Spanish, Portuguese, Italian, Dutch, Scandinavian, Polish, Russian, Chinese
#: and Japanese.
_NAMES: Mapping[str, str] = {
    "email": """email; e-mail; mail; email address; e-mail address; mail address; emailaddress;
        primary email; email 1; e-mail 1; email 1 value; e-mail 1 value; email id;
        subscriber email;
        e-mail-adresse; emailadresse; mailadresse; e-mail-addresse;
        adresse e-mail; adresse email; adresse mail; courriel; adresse courriel;
        adresse électronique; adresse de messagerie; adresse électronique principale; mél;
        correo; correo electrónico; dirección de correo; dirección de correo electrónico;
        dirección de email; e-mail dirección;
        endereço de e-mail; endereço de email; endereço de correio eletrónico; correio eletrónico;
        indirizzo e-mail; indirizzo email; indirizzo di posta elettronica; posta elettronica;
        e-mailadres; mailadres; e-postadress; e-post; epost; e-postadresse; epostadresse;
        sähköposti; adres e-mail; adres email; почта; электронная почта; адрес электронной почты;
        эл. почта; e-mail адрес; 电子邮件; 电子邮箱; 邮箱; 電子郵件; メール; メールアドレス;
        eメール; 이메일; 이메일 주소""",
    "name": """name; full name; fullname; display name; contact name; subscriber name; member name;
        vollständiger name; anzeigename; nom complet; nom affiché; nom et prénom; prénom et nom;
        nombre completo; nombre y apellidos; nome completo; nome e cognome; nome e sobrenome;
        volledige naam; naam; namn; navn; nimi; nombre; nom; nome;
        imię i nazwisko; имя и фамилия; фио; 姓名; 氏名; 名前; お名前; 이름""",
    FIRST: """first name; firstname; fname; given name; forename; vorname; prénom; primer nombre;
        nombre de pila; primeiro nome; voornaam; förnamn; fornavn; etunimi; imię; имя; 名""",
    LAST: """last name; lastname; lname; surname; family name; nachname; familienname; zuname;
        nom de famille; apellido; apellidos; sobrenome; apelido; cognome; achternaam; efternamn;
        etternavn; efternavn; sukunimi; nazwisko; фамилия; 姓""",
    "tags": "tags; tag; schlagwörter; étiquettes; etiquetas; etichette",
    "timezone": "timezone; time zone; zeitzone; fuseau horaire; zona horaria; fuso orario",
    "frequency": "frequency",
    "send_at": "send_at; sendat",
    "max_papers": "max_papers; maxpapers",
    "paused_until": "paused_until",
    "themes": "themes",
    "keywords": "keywords",
    "exclude": "exclude",
    "format": "format",
    "interests": "interests",
}


class Mapped(NamedTuple):
    """`fields` gives for each field that has one the number of its cell; `unread` the others."""

    fields: dict[str, int]
    unread: tuple[int, ...]


def plain(name: str) -> str:
    """A name without accents, case or punctuation: `E-Mail_Adresse` is `e mail adresse`."""
    bare = "".join(
        c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c)
    )
    return re.sub(r"[\W_]+", " ", bare).strip()


@lru_cache(maxsize=4096)
def field_of(name: str) -> str | None:
    """Our field behind a column's name, or None."""
    return _known().get(plain(name))


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    return {plain(name): ours for ours, names in _NAMES.items() for name in names.split(";")}


def map_columns(names: Sequence[str], given: Mapping[str, str], dropped: frozenset[str]) -> Mapped:
    """Which cell is which field. `given` is what the person said (a name of theirs or a column's
    number from 1), and goes first; `dropped` are plain names that mean something else here.

    Of two columns for one field the first is read.
    """
    said = {theirs.casefold(): ours for theirs, ours in given.items()}
    fields: dict[str, int] = {}
    for number, name in enumerate(names):
        ours = said.get(name.strip().casefold(), said.get(str(number + 1)))
        if ours:
            fields[ours] = number
    silenced = set()
    for number, name in enumerate(names):
        if name.strip().casefold() in said or str(number + 1) in said:
            silenced.add(number)
            continue
        known = None if plain(name) in dropped else field_of(name)
        if known is not None:
            fields.setdefault(known, number)
    read = set(fields.values()) | silenced
    unread = tuple(n for n, name in enumerate(names) if n not in read and name.strip())
    return Mapped(fields, unread)


def join_name(whole: str, first: str, last: str) -> str:
    """One name of up to three cells.

    Where a column for the whole name stands beside one part (`Vorname; Name`, `Nombre; Apellidos`)
    it holds the other part, unless it has that part in it.
    """
    parts = [part for part in (first, last) if part]
    if not parts or (whole and all(part.casefold() in whole.casefold() for part in parts)):
        return whole
    if not whole or len(parts) == 2:
        return " ".join(parts)
    return f"{first} {whole}" if first else f"{whole} {last}"


def tell_unread(shown: str, names: Sequence[str], unread: Sequence[int]) -> list[Problem]:
    """One warning about all columns that are not read."""
    if not unread:
        return []
    listed = ", ".join(names[n].strip() for n in unread[:12])
    more = f" and {len(unread) - 12} more" if len(unread) > 12 else ""
    columns = "column" if len(unread) == 1 else "columns"
    what = f"{columns} not read: {listed}{more}"
    return [Problem(file=shown, what=what, mend="--column THEIRS=OURS takes one in", warning=True)]
