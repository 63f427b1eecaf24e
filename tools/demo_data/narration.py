"""Narration files: what an annotator says about an image, with marks that tie it to regions.

README.md in the folder above describes the format. In short: front matter between `---` lines,
then one breath a line; `[orange suit](suit)` names a region, `[her face](face!)` clicks on it as
well, and a line `{objects}` says that the guiding question is taken up with the next words.
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
    """A narration file that cannot be read; the message names the file and what is wrong."""


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
    """One line of a narration: the words spoken without a long pause, and what they point at."""

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
    """A word or phrase without case and surrounding punctuation: `Suit,` becomes `suit`."""
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
