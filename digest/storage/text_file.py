"""Read a text file that a person wrote."""

from __future__ import annotations

from pathlib import Path

from digest.errors import Problem

_MOST_BYTES = 1_000_000


def read_text(path: Path, shown: str, problems: list[Problem]) -> str | None:
    """Its UTF-8 text with plain line ends; None, and a problem more, if it cannot be had.

    `shown` is the path as the person knows it.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
        if len(raw) > _MOST_BYTES:
            problems.append(Problem(file=shown, what="is larger than 1 MB"))
            return None
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what, mend = "is not UTF-8 text", "save it as UTF-8"
        problems.append(Problem(file=shown, line=line, what=what, mend=mend))
    except OSError as error:
        problems.append(Problem(file=shown, what=f"cannot be read: {error.strerror}"))
    return None
