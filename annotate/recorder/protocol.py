"""The recording protocol, parsed from the comment in a project's labelling configuration.

    <!-- annotate-protocol {"language": "en", "asked_seconds": 90, ...} -->

Missing or invalid fields are replaced by those of `DEFAULT`, one by one, so that an error in a
project's settings doesn't prevent recording.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

_COMMENT = re.compile(r"<!--\s*annotate-protocol\s+(\{.*?\})\s*-->", re.DOTALL)
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})([-_][A-Za-z0-9]{1,8})*")
_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
INTERFACES = ("en", "ar")
SCOPES = ("public", "research", "internal")
MAX_QUESTIONS = 20
MAX_TEXT = 2000

DEFAULT: Json = {
    "language": "en",
    "minimum_seconds": 60,
    "asked_seconds": 90,
    "interface": "en",
    "second_look": False,
    # The narrowest scope: a recording made with it is not part of public releases.
    "consent": {"scope": "internal", "statement": "default", "text": {}},
    "questions": [
        {
            "id": "glance",
            "text": {"en": "What is this a picture of?", "ar": "ما موضوع هذه الصورة؟"},
        },
        {
            "id": "objects",
            "text": {
                "en": "What is there, and how many of each?",
                "ar": "ما الأشياء الموجودة، وكم عدد كل منها؟",
            },
        },
        {
            "id": "text",
            "text": {
                "en": "What text is in the image?",
                "ar": "ما النص المكتوب في الصورة؟",
            },
        },
        {"id": "places", "text": {"en": "Where is each thing?", "ar": "أين يقع كل شيء؟"}},
        {
            "id": "details",
            "text": {
                "en": "What small details can you make out?",
                "ar": "ما التفاصيل الصغيرة التي تلاحظها؟",
            },
        },
        {
            "id": "background",
            "text": {"en": "What is in the background?", "ar": "ماذا يوجد في الخلفية؟"},
        },
        {
            "id": "style",
            "text": {
                "en": "What are its style and its colours?",
                "ar": "ما أسلوب الصورة وما ألوانها؟",
            },
        },
    ],
}
"""Defaults for missing or invalid fields."""


def parse_protocol(label_config: str) -> Json:
    """The complete protocol of a project: its configuration's valid fields, else the defaults."""
    given = _given(label_config)
    target_seconds = given.get("asked_seconds")
    least = given.get("minimum_seconds")
    return {
        "language": _language(given.get("language")),
        "minimum_seconds": least if _seconds(least) else DEFAULT["minimum_seconds"],
        "asked_seconds": target_seconds
        if _seconds(target_seconds) and target_seconds
        else DEFAULT["asked_seconds"],
        "interface": _one_of(given.get("interface"), INTERFACES, DEFAULT["interface"]),
        "second_look": given.get("second_look") is True,
        "consent": _consent(given.get("consent")),
        "questions": _questions(given.get("questions")) or DEFAULT["questions"],
    }


def consent_sha256(consent: Json) -> str:
    """Hash of a consent's content: its scope, statement id and texts."""
    hashed = [consent["scope"], consent["statement"], sorted(consent["text"].items())]
    return hashlib.sha256(json.dumps(hashed).encode()).hexdigest()


def _given(label_config: str) -> Json:
    found = _COMMENT.search(label_config or "")
    if found is None:
        return {}
    try:
        given = json.loads(found.group(1))
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def _seconds(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 3600


def _language(value: object) -> str:
    return _code(value) or str(DEFAULT["language"])


def _code(value: object) -> str | None:
    """The code of the language that a tag names: `en` for `en-US`."""
    match = _LANGUAGE.fullmatch(value) if isinstance(value, str) else None
    return match[1].lower() if match else None


def _one_of(value: object, allowed: tuple[str, ...], default: str) -> str:
    return value if isinstance(value, str) and value in allowed else default


def _consent(value: object) -> Json:
    default: Json = DEFAULT["consent"]
    if not isinstance(value, Mapping) or value.get("scope") not in SCOPES:
        return default
    statement = value.get("statement")
    if not isinstance(statement, str) or not 0 < len(statement) <= MAX_TEXT:
        return default
    return {
        "scope": value["scope"],
        "statement": statement,
        "text": _text(value.get("text")),
    }


def _questions(value: object) -> list[Json]:
    if not isinstance(value, list):
        return []
    questions: dict[str, Json] = {}
    for one in value[:MAX_QUESTIONS]:
        text = _text(one.get("text")) if isinstance(one, Mapping) else {}
        name = one.get("id") if isinstance(one, Mapping) else None
        if text and isinstance(name, str) and _ID.fullmatch(name):
            questions.setdefault(name, {"id": name, "text": text})
    return list(questions.values())


def _text(value: object) -> dict[str, str]:
    """A text by language; plain text without a language counts as English."""
    if isinstance(value, str):
        value = {"en": value}
    if not isinstance(value, Mapping):
        return {}
    return {
        code: text[:MAX_TEXT]
        for language, text in value.items()
        if isinstance(text, str) and text.strip() and (code := _code(language))
    }
