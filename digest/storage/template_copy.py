"""Copy a template set into the newsletter's folder, for its editor to change."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from digest.errors import StorageError, UsageError
from digest.storage.templates import NAME, list_template_sets, load_template_set


def copy_template_set(
    name: str, new: str, folder: Path, *, file: str | None = None
) -> tuple[Path, ...]:
    """Write what the set `name` is made of into `<folder>/templates/<new>/`: all of it, or `file`.

    Nothing is overwritten, and no symbolic link is written through. What fails half way leaves
    nothing behind.

    Raises:
        TemplateError: there is no such set.
        UsageError: it has no such file, `new` is no name for a set, or a file is there already.
        StorageError: the folder cannot be written.
    """
    if not NAME.fullmatch(new):
        raise UsageError(f"{new!r} is no name for a template set: use letters, digits, . _ and -")
    # `daily/letter.mjml.j2`: how a template names the shipped file behind its own.
    qualified = tuple(f"{one.name}/" for one in list_template_sets(folder) if one.shipped)
    texts = load_template_set(name, folder).files
    parts = {key: text for key, text in texts.items() if not key.startswith(qualified)}
    target = folder / "templates" / new
    chosen = parts if file is None else {_known(file, parts, name): parts[file]}
    _require_room(target, chosen)
    return _write(target, chosen)


def _known(file: str, parts: Mapping[str, str], name: str) -> str:
    if file in parts:
        return file
    near = difflib.get_close_matches(file, parts, n=1)
    mend = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(parts))}"
    raise UsageError(f"--file {file}: is no file of the set {name} ({mend})")


def _require_room(target: Path, parts: Mapping[str, str]) -> None:
    for path in (target, *(target / name for name in parts)):
        if path.is_symlink():
            raise UsageError(f"{path}: is a symbolic link; nothing was copied")
    there = [name for name in parts if (target / name).exists()]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise UsageError(
            f"{target / there[0]}{more}: is there already; nothing was copied (choose another name)"
        )


def _write(target: Path, parts: Mapping[str, str]) -> tuple[Path, ...]:
    made: list[Path] = []
    try:
        for name, text in sorted(parts.items()):
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                made.append(path)
                file.write(text)
    except OSError as error:
        for path in made:
            with suppress(OSError):
                path.unlink()
        with suppress(OSError):
            target.rmdir()
        where = error.filename or target
        raise StorageError(f"{where}: cannot be written: {error.strerror}") from None
    return tuple(made)
