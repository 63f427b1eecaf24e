"""Language codes and tags, and languages written without blanks between words."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

UNSPACED = frozenset(("ja", "lo", "my", "th", "yue", "zh"))
"""Languages written without blanks between words, as in openai-whisper's tokenizer."""

_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*")
_SAME = {"cmn": "zh", "eng": "en", "fil": "tl", "in": "id", "iw": "he", "ji": "yi", "nb": "no"}
"""Older codes and codes of varieties, with the codes that Whisper uses for them."""


def language_of(tag: str) -> str:
    """The code of the language that a tag names: `en` for `en-US`, `en_GB` and `EN`.

    Tags are those of BCP 47, also with the underscore of POSIX locales. `zh-yue` is Cantonese,
    `yue`.

    Raises:
        ValueError: If it isn't such a tag.
    """
    match = _TAG.fullmatch(tag.strip())
    if match is None:
        raise ValueError(
            "a language is two or three small letters, such as en, or a tag, such as en-US"
        )
    code = match[1].lower()
    if code == "zh" and "yue" in re.split("[-_]", tag.strip().lower()):
        return "yue"
    return _SAME.get(code, code)


def is_english(language: str) -> bool:
    """Whether a code or tag is English; False if it is neither a code nor a tag."""
    return _code(language) == "en"


def is_spaced(language: str) -> bool:
    """Whether a language, by code or tag, has blanks between words; True if it is unknown."""
    return _code(language) not in UNSPACED


def _code(language: str) -> str | None:
    try:
        return language_of(language)
    except ValueError:
        return None


def _optional(tag: str | None) -> str | None:
    return None if tag is None else language_of(tag)


LanguageTag = Annotated[str | None, AfterValidator(_optional)]
"""A language tag as entered; the validator replaces it by the code of its language."""
