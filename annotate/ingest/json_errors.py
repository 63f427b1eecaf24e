"""Error messages for a line that should be one JSON object, with the correction."""

from __future__ import annotations

import json
import re
from typing import NoReturn

_PYTHON = {"True": "true", "False": "false", "None": "null"}
_CURLY = "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
_WORD = re.compile(r"\w+")
_CUT_OFF = "the line ends inside the object; it was cut off, or goes on below: put it on one line"


class _NoNumberError(ValueError):
    """`NaN` or `Infinity` in place of a number."""


def explain(text: str) -> str | None:
    """Why `text` isn't one JSON object, in a sentence; None if it is one."""
    try:
        value = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        return _explain(error)
    except _NoNumberError as error:
        return f"{error} isn't JSON: write a number, or leave the key out"
    except RecursionError:
        return "lists or objects lie too deep inside one another"
    except ValueError:
        return "a number has too many digits"
    if not isinstance(value, dict):
        kind = {list: "a list", str: "a text", type(None): "null"}.get(type(value), "a value")
        return f"{kind} stands where one JSON object is wanted"
    return _lone_surrogate(value)


def _no_number(name: str) -> NoReturn:
    raise _NoNumberError(name)


def _explain(error: json.JSONDecodeError) -> str:
    text, at = error.doc, error.pos
    where = f"at character {at + 1}"
    rest, before = text[at:], text[:at].rstrip()
    if "\0" in text:
        return "it has NUL characters, as UTF-16 without a byte order mark has: save it as UTF-8"
    if error.msg.startswith("Unterminated string") or not rest.strip():
        return _CUT_OFF
    if error.msg.startswith("Invalid control character"):
        code = f"U+{ord(rest[0]):04X}"
        return f"a control character ({code}) stands {where}: write it as \\u{ord(rest[0]):04x}"
    if error.msg.startswith("Invalid \\"):
        return f"the backslash {where} begins nothing known: write it twice"
    if error.msg.startswith("Extra data"):
        ends = " (lines may not end with CR alone)" if "\r" in text else ""
        return f"something follows the object {where}: write one object a line{ends}"
    return _by_context(rest, before, where) or f"{_plain(error.msg)} {where}"


def _by_context(rest: str, before: str, where: str) -> str | None:
    """The error, if the text at its position shows which it is."""
    word = _WORD.match(rest)
    if rest[0] in "}]" and before.endswith(","):
        return f"a comma stands before the {rest[0]} {where}: take it out"
    if rest[0] == "'":
        return f"single quotes stand {where}: names and texts want double quotes"
    if rest[0] in _CURLY:
        return f"curly quotes stand {where}: names and texts want straight double quotes"
    if rest.startswith(("//", "/*", "#")) or before.endswith("//"):
        return f"a comment stands {where}: JSON has none, take it out"
    if word and word[0] in _PYTHON:
        return f"{word[0]} stands {where}: write {_PYTHON[word[0]]}"
    if word and before.endswith(("{", ",")):
        return f"{word[0][:40]} stands {where} without double quotes"
    return None


def _plain(message: str) -> str:
    known = {
        "Expecting ',' delimiter": "a comma is missing, or a quote inside a text lacks its \\,",
        "Expecting ':' delimiter": "a colon is missing",
        "Expecting value": "no JSON value stands",
        "Expecting property name enclosed in double quotes": "a name in double quotes is missing",
    }
    return known.get(message, f"it isn't JSON ({message})")


def _lone_surrogate(value: object) -> str | None:
    """The error for a lone surrogate, which JSON can escape but no UTF-8 text can contain."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        code = ord(error.object[error.start])
        return f"\\u{code:04x} is half a character: write the other half, or leave it out"
    return None
