"""A newsletter in another language, from config.yaml to the letter."""

from __future__ import annotations

import pytest

from digest.model import Format
from tests.support.newsroom import Newsroom, html_of, paper, text_of

PO = 'msgid "{}"\nmsgstr "{}"\n'


def newsroom(tmp_path, language: str) -> Newsroom:
    room = Newsroom(tmp_path)
    room.configure(newsletter={"language": language})
    return room


@pytest.mark.parametrize(
    ("language", "tag", "subject", "words"),
    [
        ("fr", "fr", "23 nov.", ["Lundi 23 novembre 2026", "3 articles dans 1 thème", "Autres"]),
        ("fr-CA", "fr-CA", "23 nov.", ["Se désabonner", "Lire en ligne"]),
        ("de", "de", "23. Nov.", ["Montag, 23. November 2026", "3 Arbeiten zu 1 Thema"]),
        ("es", "es", "23 nov", ["Lunes, 23 de noviembre de 2026", "Cancelar la suscripción"]),
        ("zh", "zh", "11月23日", ["2026年11月23日星期一", "1 个主题，共 3 篇论文", "退订"]),
        ("ar", "ar", "23 نوفمبر", ["الاثنين، 23 نوفمبر 2026", "3 أوراق بحثية في موضوع واحد"]),
        ("pt_BR", "pt-BR", "23 de nov.", ["Segunda-feira, 23 de novembro", "Unsubscribe"]),
        ("zh-Hant", "zh-Hant", "11月23日", ["2026年11月23日 星期一", "Unsubscribe"]),
    ],
)
def test_a_letter_speaks_the_configured_language(tmp_path, language, tag, subject, words):
    room = newsroom(tmp_path, language)
    assert room.run("send").code == 0
    (letter,) = room.outbox()
    assert letter["Content-Language"] == tag
    assert subject in letter["Subject"]
    html, text = html_of(letter), text_of(letter)
    assert f'lang="{tag}"' in html
    assert f'dir="{"rtl" if tag == "ar" else "ltr"}"' in html
    for said in words:
        assert said in html, said
    assert words[0] in text
    assert "Numbered study 000" in text


def test_own_words_stand_over_the_shipped_ones_and_add_a_language(tmp_path):
    room = newsroom(tmp_path, "fr")
    room.write("locale/fr.po", PO.format("Read online", "Sur notre site"))
    room.write("locale/it.po", PO.format("Read online", "Leggi online"))
    assert room.run("send").code == 0
    assert "Sur notre site" in html_of(room.outbox()[0])
    assert "Se désabonner" in html_of(room.outbox()[0])
    other = newsroom(tmp_path / "it", "it")
    other.write("locale/it.po", PO.format("Read online", "Leggi online"))
    assert other.run("send").code == 0
    html = html_of(other.outbox()[0])
    assert "Leggi online" in html
    assert "Lunedì 23 novembre 2026" in html
    assert "Unsubscribe" in html


def test_english_words_can_be_changed_too(tmp_path):
    room = newsroom(tmp_path, "en")
    room.write("locale/en.po", PO.format("Read online", "On our site"))
    assert room.run("send").code == 0
    assert "On our site" in html_of(room.outbox()[0])


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        (b'msgid "Read online"\nmsgstr "Sur\n', "locale/fr.po:2", "is not PO"),
        (PO.format("by %(curator)s", "%(nom)s").encode(), "locale/fr.po:1", "no field"),
        ('msgid "a"\nmsgstr "é"\n'.encode("latin-1"), "locale/fr.po:2", "UTF-8"),
    ],
)
def test_a_broken_catalogue_is_one_line_and_nothing_is_sent(tmp_path, content, place, words):
    room = newsroom(tmp_path, "fr")
    room.write("locale/fr.po", content)
    for command in ("send", "preview"):
        done = room.run(
            command, *(("--out", str(tmp_path / "out")) if command == "preview" else ())
        )
        assert done.code == 2
        assert done.lines[-1].startswith(f"digest: {place}: ")
        assert words in done.lines[-1]
    assert room.outbox() == []
    told = room.run("doctor", "--offline")
    assert told.code == 1
    assert place in told.out + told.err
    room.configure(newsletter={"language": "de"})
    assert room.run("send").code == 0


def test_a_changed_catalogue_changes_nothing_in_a_frozen_edition(tmp_path):
    room = newsroom(tmp_path, "fr")
    both = [{"email": "ada@example.org"}, {"email": "bob@example.org", "send_at": "18:00"}]
    room.write_readers(both)
    assert room.run("run").code == 0
    assert len(room.outbox()) == 1
    room.write("locale/fr.po", PO.format("Read online", "Sur notre site"))
    room.later(hours=12)
    assert room.run("run").code == 0
    first, second = map(html_of, room.outbox())
    assert "Sur notre site" not in second
    assert "Lire en ligne" in first
    assert "Lire en ligne" in second
    room.write("locale/fr.po", "not PO at all\n")
    assert room.run("send").code == 0


def test_doctor_says_whose_words_a_letter_speaks(tmp_path):
    def told(language: str) -> str:
        room.configure(newsletter={"language": language})
        done = room.run("doctor", "--offline")
        assert done.code == 0, done.err
        return done.out + done.err

    room = newsroom(tmp_path, "en")
    room.write("locale/fr_CA.po", PO.format("Read online", "Sur notre site"))
    assert "no catalogue" not in told("en-GB")
    french = told("fr-CA")
    assert "fr.po, locale/fr_CA.po" in french
    assert "no catalogue" not in french
    chinese = told("zh-Hant")
    assert "there is no catalogue for zh-Hant: letters speak English" in chinese
    assert "dates" not in chinese
    assert "nothing is known of tlh's dates and numbers" in told("tlh")


def test_reasons_are_given_in_the_language(tmp_path):
    room = newsroom(tmp_path, "de")
    room.configure(edition={"why": True})
    room.write_readers([{"email": "ada@example.org", "keywords": ["matter 001", "study"]}])
    assert room.run("send").code == 0
    (letter,) = room.outbox()
    assert "passt zu: matter 001, study" in text_of(letter)
    assert "passt zu: matter 001, study" in html_of(letter)


def test_a_preview_says_so_in_the_language(tmp_path):
    room = newsroom(tmp_path, "es")
    assert room.run("preview", "--to", "editor@example.org").code == 0
    assert room.outbox()[0]["Subject"].startswith("[Vista previa] ")


def test_what_programs_read_stays(tmp_path):
    room = newsroom(tmp_path, "fr")
    done = room.run("compose", "--json")
    assert [section["theme"] for section in done.json["sections"]] == ["Other"]
    room.write_readers([{"email": "ada@example.org", "themes": ["Other"]}])
    assert room.run("send").code == 0
    assert "Autres" in html_of(room.outbox()[0])
    assert room.outbox()[0]["List-Id"] == '"Daily Papers" <papers.example.org>'


@pytest.mark.parametrize("format", list(Format))
def test_a_name_of_one_s_own_for_the_rest_is_kept(tmp_path, format):
    room = newsroom(tmp_path, "fr")
    room.configure(themes={"other": "Divers"})
    room.write_papers([paper(n) for n in range(3)])
    room.write_readers([{"email": "ada@example.org", "format": format.value}])
    assert room.run("send").code == 0
    letter = room.outbox()[0]
    said = html_of(letter) + text_of(letter)
    assert "Divers" in said
    assert "Autres" not in said
