"""Removal of control characters from text, and detection of text with no visible character."""

from __future__ import annotations

import unicodedata

_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols without a glyph: Hangul fillers and the empty Braille pattern."""


def without_controls(text: str) -> str:
    """The text without control characters, surrogates and noncharacters; line breaks stay."""
    return "".join(char for char in text if char in "\t\n\r" or not _is_control(char))


def has_visible(text: str) -> bool:
    """Whether anything of the text is visible: not only white space and format characters."""
    return any(unicodedata.category(char)[0] not in "CZ" and char not in _BLANKS for char in text)


def _is_control(char: str) -> bool:
    # Unassigned characters stay: a version of Unicode later than Python's may assign them.
    point = ord(char)
    nonchar = point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
    return nonchar or unicodedata.category(char) in ("Cc", "Cs")
