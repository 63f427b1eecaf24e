"""Stems of English words, crude on purpose: enough to match `roofs` with `roof`."""

from __future__ import annotations

_SHORTEST = 3
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""))


def stem(key: str) -> str:
    """The word without the endings of plural, past and progressive, and without `'s`.

    Not a word always (`smiling` gives `smil`, as `smile` does), but the same for its forms.
    """
    key = key.removesuffix("'s")
    for ending, instead in _ENDINGS:
        if key.endswith(ending) and not key.endswith(("ss", "us")):
            body = key[: -len(ending)] + instead
            if len(body) >= _SHORTEST:
                return _plain(body)
    return _plain(key)


def _plain(body: str) -> str:
    """Without a silent e and without the doubling before `-ing` and `-ed`."""
    if len(body) > _SHORTEST and body.endswith("e"):
        return body[:-1]
    if len(body) > _SHORTEST and body[-1] == body[-2] and body[-1] not in "aeiouls":
        return body[:-1]
    return body
