"""Parsing of the HTTP `Range` header."""

from __future__ import annotations

import re

from annotate.recorder.errors import RequestError

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The first requested byte and the one after the last; None for the whole file.

    A header of another form, including several ranges, is ignored, as HTTP permits.

    Raises:
        RequestError: 416 `bad_range`, if the range begins behind the end.
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
    if first and last and int(last) < start:
        return None
    if start >= size:
        raise RequestError(416, "bad_range", f"The recording has {size} bytes.")
    return start, end
