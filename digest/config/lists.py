"""What config.yaml says of subscriber lists: `subscribers:`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from digest.config.values import OneLine, Positive, Shape, TimeOfDay, TimeZone
from digest.model import EditionKey

#: The longest name of a template set that a list may have: it stands in each segment's name.
LONGEST_LOOK = 40


def _words(value: Any) -> Any:
    """`Vision; Robotics` or a YAML list, as a cell of a list."""
    if isinstance(value, str):
        return tuple(filter(None, (word.strip() for word in value.split(";"))))
    return value


Words = Annotated[tuple[Annotated[OneLine, Field(min_length=1)], ...], BeforeValidator(_words)]
Look = Annotated[OneLine, Field(max_length=LONGEST_LOOK)]


class LookConfig(Shape):
    """The template sets of a list's readers; "" is the newsletter's."""

    daily: Look = ""
    weekly: Look = ""

    def of(self, key: EditionKey) -> str:
        """The set for an edition of this name."""
        return self.weekly if key.is_weekly else self.daily


def _look(value: Any) -> Any:
    if isinstance(value, str) and value:
        return {"daily": value}
    if not isinstance(value, Mapping | LookConfig):
        raise ValueError("must be a template set's name, or a mapping of daily and weekly")
    return value


class ListConfig(Shape):
    """One path or pattern against config.yaml's folder, with what its readers did not choose.

    A reader's own value counts before the list's; `tags` are added to hers.
    """

    path: Annotated[OneLine, Field(min_length=1)]
    themes: Words = ()
    keywords: Words = ()
    exclude: Words = ()
    frequency: Literal["daily", "weekdays", "weekly", "paused"] | None = None
    timezone: TimeZone | None = None
    send_at: TimeOfDay | None = None
    max_papers: Positive | None = None
    format: Literal["html", "text"] | None = None
    tags: Words = ()
    templates: Annotated[LookConfig, BeforeValidator(_look)] = LookConfig()


def _list(value: Any) -> Any:
    if isinstance(value, str):
        return {"path": value}
    if not isinstance(value, Mapping | ListConfig):
        raise ValueError("must be a path, or a mapping with a path")
    return value


class SubscribersConfig(Shape):
    """The lists, and by how much one may shrink between two editions (1: by all of it)."""

    lists: Annotated[
        tuple[Annotated[ListConfig, BeforeValidator(_list)], ...], Field(min_length=1)
    ] = (ListConfig.model_construct(path="subscribers/*.yaml"),)  # not built on import
    shrink: Annotated[float, Field(gt=0, le=1)] = 0.2
