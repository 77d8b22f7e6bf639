"""Whether the newsletter has words in its language."""

from __future__ import annotations

from digest.app.house import House


def missing_words(house: House) -> str:
    """What to tell who looks at letters in a language without a catalogue; "" where there is one.

    Raises:
        CatalogueError: there is one, and it is wrong.
    """
    from digest.rendering.language import speak  # heavy: Babel

    tag = house.config.newsletter.language
    language = speak(tag, house.catalogues)
    if language.places or language.is_english:
        return ""
    return f"no words for {tag!r}: English ones are used; locale/{tag}.po would hold yours"
