"""Parser of narration files: an annotator's words about an image, with references to regions.

data/demo/README.md describes the format. In short: front matter between `---` lines, then one
breath per line; `[orange suit](suit)` refers to a region, `[her face](face!)` also clicks on it,
and a line `{objects}` marks the start of the answer to a guiding question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from speech import Voice

QUESTIONS = ("glance", "objects", "text", "places", "details", "background", "style")
_MARKED = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<region>\w+)(?P<click>!?)\)")
_QUESTION = re.compile(r"\{(\w+)\}")


class NarrationError(ValueError):
    """An invalid narration file; the message has its name and the error."""


@dataclass(frozen=True)
class Reference:
    """A phrase that refers to a region: words `first` to `last` of its line, `last` excluded."""

    region: str
    text: str
    first: int
    last: int
    clicked: bool


@dataclass(frozen=True)
class Breath:
    """One line of a narration: words spoken without a long pause, and their references."""

    text: str
    question: str | None
    references: tuple[Reference, ...]


@dataclass(frozen=True)
class Narration:
    """A whole narration file."""

    name: str
    image: str
    annotator: str
    voice: Voice
    container: str
    breaths: tuple[Breath, ...]


def read_narration(path: Path) -> Narration:
    """Parse one narration file."""
    try:
        _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
        fields = dict(line.split(": ", 1) for line in front.splitlines())
        voice = Voice(fields["voice"], int(fields["speed"]), int(fields["pitch"]))
        breaths = tuple(_read_breaths(body))
        return Narration(
            path.stem, fields["image"], fields["annotator"], voice, fields["container"], breaths
        )
    except (ValueError, KeyError) as error:
        raise NarrationError(f"{path.name}: {error}") from error


def normalize(text: str) -> str:
    """A word or phrase in lower case, without surrounding punctuation: `Suit,` becomes `suit`."""
    return " ".join(word.strip(".,;:?!").lower() for word in text.split())


def _read_breaths(body: str) -> list[Breath]:
    breaths = []
    question: str | None = None
    for line in filter(None, map(str.strip, body.splitlines())):
        if marker := _QUESTION.fullmatch(line):
            question = marker[1]
            if question not in QUESTIONS:
                raise ValueError(f"unknown question {question!r}")
            continue
        breaths.append(_read_breath(line, question))
        question = None
    return breaths


def _read_breath(line: str, question: str | None) -> Breath:
    plain = ""
    references = []
    position = 0
    for marked in _MARKED.finditer(line):
        plain += line[position : marked.start()]
        first = len(plain.split())
        plain += marked["text"]
        references.append(
            Reference(
                region=marked["region"],
                text=normalize(marked["text"]),
                first=first,
                last=len(plain.split()),
                clicked=bool(marked["click"]),
            )
        )
        position = marked.end()
    return Breath(plain + line[position:], question, tuple(references))
