"""Reads the fields of a form that somebody sent, in either of the two kinds."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

#: Fields that any form of ours may have.
MOST = 200

# It tells every stranger's slip; what is no form is answered so, and is no fault of ours.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)

Form = Mapping[str, list[str]]


async def read_form(request: Request) -> Form:
    """The fields by name; none, if it is no form. Files are left out.

    Mail providers may send a one-click unsubscribe in either kind (RFC 8058 §3.2).
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return _urlencoded(await request.body())
    if kind == "multipart/form-data":
        return await _multipart(request)
    return {}


def _urlencoded(body: bytes) -> Form:
    try:
        return parse_qs(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST, errors="strict"
        )
    except ValueError:
        return {}


async def _multipart(request: Request) -> Form:
    parser = MultiPartParser(request.headers, request.stream(), max_files=MOST, max_fields=MOST)
    found: dict[str, list[str]] = {}
    try:
        form = await parser.parse()
    except (MultiPartException, LookupError, ValueError):  # also what a charset brings up
        return {}
    for name, value in form.multi_items():
        if not isinstance(value, UploadFile):
            found.setdefault(name, []).append(value)
    await form.close()
    return found
