"""A narration's words as the rules see them: the word apart from the punctuation at its edges."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from annotate.caption.lexicon import ABBREVIATIONS, EXPECTANT
from annotate.model.narration import NarratedWord

SENTENCE_MARKS = ".?!"
_EDGES = ".,;:!?\u2026-\u2013\u2014"  # with the ellipsis and the dashes
_QUOTES = "\"\u201c\u201d'\u2018\u2019()"
_INITIALS = re.compile(r"([A-Za-z]\.){2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One word on its way into a caption.

    Attributes:
        word: Its index among the narration's words.
        text: As heard, without punctuation at the edges; quotation marks stay.
        key: By which words are compared: lower case, straight apostrophe, no quotation marks.
        mark: What follows it, one of `, ; : . ? !` or nothing.
        pause_ms: The silence after it.
        cut: Whether the recognizer wrote it as broken off (`th-`).
        hesitant: Whether a filler followed it, which is gone.
    """

    word: int
    text: str
    key: str
    mark: str
    pause_ms: int
    probability: float
    cut: bool = False
    hesitant: bool = False

    @property
    def ends_sentence(self) -> bool:
        """Whether the recognizer put the end of a sentence after it."""
        return self.mark != "" and self.mark in SENTENCE_MARKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Tokens `first` up to, not with, `end` should go.

    Attributes:
        why: A `clean.Why`.
        withdrawn: Whether the speaker took them back, so that their punctuation goes with them;
            otherwise they were an aside, and a sentence that ended with them still ends.
        loose_comma: A token that closed the aside with a comma, which has no partner any more.
    """

    first: int
    end: int
    why: str
    withdrawn: bool = False
    loose_comma: int | None = None


def tokenize(words: Sequence[NarratedWord]) -> list[Token]:
    """The words as tokens. A word with a space inside becomes several with one index."""
    tokens = []
    for index, word in enumerate(words):
        following = words[index + 1].start_ms if index + 1 < len(words) else word.end_ms
        parts = word.text.split()
        for part in parts:
            pause_ms = max(0, following - word.end_ms) if part is parts[-1] else 0
            tokens.append(_token(part, index, pause_ms, word.probability))
    return tokens


def remove(tokens: list[Token], cut: Cut) -> list[Token]:
    """The tokens without those cut; what is before them takes over the punctuation that holds."""
    kept = tokens[: cut.first] + tokens[cut.end :]
    if cut.loose_comma is not None:
        at = cut.loose_comma - (cut.end - cut.first)
        kept[at] = replace(kept[at], mark="")
    if cut.first > 0:
        kept[cut.first - 1] = _joined(tokens, cut)
    return kept


def _joined(tokens: list[Token], cut: Cut) -> Token:
    before, gone = tokens[cut.first - 1], tokens[cut.first : cut.end]
    if cut.withdrawn:
        return before
    pause_ms = max(before.pause_ms, *(token.pause_ms for token in gone))
    mark = before.mark
    ended = [token.mark for token in gone if token.ends_sentence]
    if ended and not before.ends_sentence:
        mark = ended[-1]
    elif mark == "," and before.key in EXPECTANT:
        mark = ""
    return replace(before, mark=mark, pause_ms=pause_ms, hesitant=True)


def _token(text: str, word: int, pause_ms: int, probability: float) -> Token:
    core, tail = _split_edges(text)
    bare = core.strip(_QUOTES)
    return Token(
        word=word,
        text=core,
        key=bare.casefold().replace("\u2019", "'"),
        mark=_mark(tail),
        pause_ms=pause_ms,
        probability=probability,
        cut=tail.startswith("-") and bool(bare),
    )


def _split_edges(text: str) -> tuple[str, str]:
    """The word with its quotation marks, and the punctuation that follows it."""
    plain = text.rstrip(",;:")
    if _INITIALS.fullmatch(plain) or plain.rstrip(".").casefold() in ABBREVIATIONS:
        return plain, text[len(plain) :]
    body = text.rstrip(_EDGES + _QUOTES)
    tail = text[len(body) :]
    start = body.lstrip(_EDGES + _QUOTES)
    lead = body[: len(body) - len(start)]
    sign = "-" if lead.endswith("-") and start[:1].isdigit() else ""
    opening = "".join(char for char in lead if char in _QUOTES)
    closing = "".join(char for char in tail if char in _QUOTES)
    return opening + sign + start + closing, tail


def _mark(tail: str) -> str:
    if "\u2026" in tail or ".." in tail:
        return ","  # a hesitation, not an end
    for mark in "?!.;:":
        if mark in tail:
            return mark
    return "," if set(tail) & set(",\u2013\u2014") else ""
