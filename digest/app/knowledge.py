"""What the editor knows beforehand, out of the shipped files, the config and the archive."""

from __future__ import annotations

import io
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from digest.config import Origin, ThemesConfig, joint_themes, load_taxonomy, renamed_themes
from digest.editorial.knowledge import Knowledge
from digest.editorial.rules import Topic
from digest.editorial.space import Space
from digest.errors import ConfigError, Problem

SPACE = "background.npz"


def know(
    themes: ThemesConfig, folder: Path, names: tuple[str, ...] = (), origin: Origin = Origin()
) -> tuple[ThemesConfig, Knowledge]:
    """The themes of a config that lies in `folder`, with its rules as it merges and renames them.

    `names` are those of the last editions' themes; `origin` says where the settings stand.

    Raises:
        ConfigError: `themes.taxonomy`, `themes.merge` or `themes.rename` is wrong.
    """
    settled, entries = load_taxonomy(themes, folder, origin)
    return settled, Knowledge(
        space=shipped_space(),
        topics=tuple(Topic.of(entry) for entry in entries),
        names=names,
        renamed=renamed_themes(themes),
        joint=joint_themes(themes),
    )


@lru_cache(maxsize=1)
def shipped_space() -> Space:
    """The space that comes with the program."""
    return read_space((files("digest") / "data" / SPACE).read_bytes(), SPACE)


def read_space(raw: bytes, file: str) -> Space:
    """What `write_space` wrote.

    Raises:
        ConfigError: it is something else.
    """
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as parts:
            terms = bytes(parts["terms"]).decode("utf-8").split("\n")
            return Space(
                terms={term: number for number, term in enumerate(terms)},
                rarity=parts["rarity"].astype(np.float32),
                basis=parts["basis"],
                middle=parts["middle"].astype(np.float64),
                spread=parts["spread"].astype(np.float64),
            )
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        what = f"is no space of words: {error}"
        raise ConfigError(
            [Problem(file=file, what=what, mend="install the program anew")]
        ) from None


def write_space(space: Space) -> bytes:
    """A NumPy archive (.npz), half precision, the same bytes for the same space."""
    terms = "\n".join(sorted(space.terms, key=space.terms.__getitem__)).encode("utf-8")
    out = io.BytesIO()
    np.savez(
        out,
        terms=np.frombuffer(terms, dtype=np.uint8),
        rarity=space.rarity.astype(np.float16),
        basis=space.basis.astype(np.float16),
        middle=space.middle.astype(np.float32),
        spread=space.spread.astype(np.float32),
    )
    return out.getvalue()
