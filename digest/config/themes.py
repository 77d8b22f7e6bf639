"""What config.yaml may say of themes; a file of themes has the same shape."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from digest.config.values import OneLine, Shape, ThemeName


def _phrase(value: str) -> str:
    if not any(char.isalnum() for char in value):
        raise ValueError("holds no word, so nothing would match it")
    return value


class ThemeEntry(Shape):
    """A theme by name: phrases, or arXiv categories (`cs.RO`, `stat.*`)."""

    name: ThemeName
    keywords: tuple[Annotated[str, AfterValidator(_phrase)], ...] = ()
    categories: tuple[str, ...] = ()
    weight: Annotated[float, Field(gt=0, le=10)] = 1.0

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.keywords and not self.categories:
            raise ValueError("needs keywords or categories")
        return self


class ThemeRule(ThemeEntry):
    """A theme that chooses before the others; pinned, it takes all that says its words."""

    pin: bool = False


class ThemesConfig(Shape):
    """`discover` groups what no rule takes by its own words; `min_size` is for those groups.

    `taxonomy` is `built-in`, `none` or a file of themes. `rename` maps old names to new ones,
    `merge` a name to those of the themes that it takes in.
    """

    discover: bool = True
    taxonomy: OneLine = "built-in"
    min_size: Annotated[int, Field(ge=2)] = 2
    other: ThemeName = "Other"
    rules: tuple[ThemeRule, ...] = ()
    merge: dict[ThemeName, Annotated[tuple[ThemeName, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    rename: dict[ThemeName, ThemeName] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [rule.name.casefold() for rule in self.rules]
        for rule in self.rules:
            if names.count(rule.name.casefold()) > 1:
                raise ValueError(f"two rules are called {rule.name!r}")
        return self

    @model_validator(mode="after")
    def _one_new_name(self) -> Self:
        merged = [old.casefold() for olds in self.merge.values() for old in olds]
        for old in (old for olds in self.merge.values() for old in olds):
            if merged.count(old.casefold()) > 1 or old.casefold() in map(str.casefold, self.rename):
                raise ValueError(f"{old!r} gets two new names in merge and rename")
        for new in (*self.merge, *self.rename.values()):
            if new.casefold() == self.other.casefold():
                raise ValueError(f"{new!r} is the name for the rest (themes.other); take another")
        return self
