"""An edition in each look that its readers' lists ask for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from digest.app.house import House
from digest.errors import StorageError, UsageError
from digest.mailing.choice import Choice
from digest.mailing.letter import Draft, LetterWriter
from digest.mailing.segments import look_of
from digest.model import Edition, EditionKey, Letter, Recipient, Rendition, Subscriber
from digest.model.rendition_document import rendition_from_document, rendition_to_document
from digest.storage.campaigns import Campaign, load_campaign

if TYPE_CHECKING:
    from digest.config import NewsletterConfig
    from digest.mailing.dkim import Signer


def look_for(house: House, key: EditionKey, reader: Subscriber) -> str:
    """The template set of a reader's list for an edition; "" is the newsletter's own."""
    look = reader.weekly_templates if key.is_weekly else reader.templates
    return "" if look == house.config.templates.of(key) else look


def render(
    house: House, edition: Edition, look: str = "", newsletter: NewsletterConfig | None = None
) -> Rendition:
    """The edition in a look, fit to be mailed; `newsletter` is the config's unless it is given.

    Raises:
        TemplateError: a template or a catalogue is wrong, or makes what would mislead readers;
            nothing was frozen.
    """
    from digest.rendering.check_edition import require_sound  # heavy: once an edition
    from digest.rendering.render import render_edition

    templates = house.templates(edition.key, look)
    newsletter = newsletter or house.config.newsletter
    rendition = render_edition(edition, templates, newsletter, house.catalogues)
    require_sound(edition, rendition, templates, newsletter)
    return rendition


def render_looks(
    house: House,
    edition: Edition,
    looks: Iterable[str],
    newsletter: NewsletterConfig | None = None,
) -> dict[str, str]:
    """The documents of the edition in several looks, by their names.

    Raises:
        TemplateError: as `render` does.
    """
    return {
        look: json.dumps(
            rendition_to_document(render(house, edition, look, newsletter)), ensure_ascii=False
        )
        for look in looks
    }


def frozen_rendition(campaign: Campaign, look: str = "") -> Rendition | None:
    """What was frozen in a look; None: the edition has no such look."""
    document = campaign.looks.get(look) if look else campaign.rendition_document
    return rendition_from_document(json.loads(document)) if document else None


def rendition_in(
    house: House, edition: Edition, campaign: Campaign | None, look: str = ""
) -> Rendition:
    """The edition in a look: as it was frozen, else as a plan would freeze it now.

    Raises:
        TemplateError: it has to be rendered, and cannot be.
    """
    if campaign is None:
        return render(house, edition, look)
    frozen = frozen_rendition(campaign, look)
    return frozen or render(house, edition, look, campaign.newsletter)


def load_writer(house: House, key: EditionKey) -> LetterWriter | LookWriter:
    """What writes the letters of a frozen edition.

    Raises:
        UsageError: it is not frozen.
    """
    from digest.app.signing import load_signers

    campaign = load_campaign(house.database, key)
    if campaign is None:
        raise UsageError(f"edition {key} is not frozen: nothing of it was planned")
    signers = load_signers(house)
    return (
        LookWriter(house, campaign, signers)
        if campaign.looks
        else _writer(house, campaign, campaign.choices, "", signers)
    )


def _writer(
    house: House,
    campaign: Campaign,
    choices: Mapping[str, str],
    look: str,
    signers: tuple[Signer, ...],
) -> LetterWriter:
    rendition = frozen_rendition(campaign, look)
    if rendition is None:
        raise StorageError(f"the frozen edition {campaign.edition} has no look {look}")
    return LetterWriter(
        rendition,
        {name: Choice.from_json(text) for name, text in choices.items()},
        campaign.newsletter or house.config.newsletter,
        house.keys_for(campaign.key_fingerprint),
        campaign.frozen_at,
        signers=signers,
    )


class LookWriter:
    """Writes each letter in the look of its segment; a look is made ready with its first letter."""

    def __init__(self, house: House, campaign: Campaign, signers: tuple[Signer, ...]) -> None:
        self.signers = signers
        self._house = house
        self._campaign = campaign
        self._writers: dict[str, LetterWriter] = {}

    def write(self, recipient: Recipient, eightbit: bool = False) -> Letter:
        """As `LetterWriter.write`."""
        return self._for(recipient).write(recipient, eightbit)

    def draft(self, recipient: Recipient) -> Draft:
        """As `LetterWriter.draft`."""
        return self._for(recipient).draft(recipient)

    def knows(self, segment: str) -> bool:
        """As `LetterWriter.knows`."""
        return segment in self._campaign.choices

    def _for(self, recipient: Recipient) -> LetterWriter:
        look = look_of(recipient.segment)
        found = self._writers.get(look)
        if found is None:
            choices = {
                name: text for name, text in self._campaign.choices.items() if look_of(name) == look
            }
            found = _writer(self._house, self._campaign, choices, look, self.signers)
            # Threads may come at once: one writer stays, so that its bodies are kept once.
            found = self._writers.setdefault(look, found)
        return found
