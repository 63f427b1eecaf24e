"""A narration's words as tokens: each word apart from the punctuation at its edges."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from annotate.model.narration import NarratedWord
from annotate.text.punctuation import CLOSING_QUOTES, DASHES, EDGES, QUOTES, kind_of

SENTENCE_MARKS = ".?!"
_INITIALS = re.compile(r"([^\W\d_]\.){2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One word of a narration, as the caption rules process it.

    Attributes:
        word: Its index among the narration's words.
        text: As recognized, without punctuation at the edges; quotation marks stay.
        key: Its form for comparisons: lower case, straight apostrophe, no quotation marks.
        mark: The kind of mark that follows it, one of `, ; : . ? !` or nothing.
        sign: That mark as the recognizer wrote it; empty where there is none, or where the
            language's own mark for that kind is to be written.
        closing: How many quotation marks end its text.
        inside: Whether the mark is before those.
        pause_ms: The silence after it.
        broken_off: Whether the recognizer wrote it as broken off (`th-`).
        hesitant: Whether a filler followed it, which was removed.
        space_before: Whether a blank is before it.
        window: The window of the recording that it was decoded in.
        began: Whether the recognizer began a sentence with it.
        lower: Its text without the capital that a sentence's start gave it; empty where the
            capital may be part of the word.
        protected: Whether it is quoted or read aloud from the image: no rule removes it.
        edited: Whether the annotator wrote it in place of what was recognized: no rule removes it.
    """

    word: int
    text: str
    key: str
    mark: str
    pause_ms: int
    probability: float
    sign: str = ""
    closing: int = 0
    inside: bool = False
    broken_off: bool = False
    hesitant: bool = False
    space_before: bool = True
    window: int | None = None
    began: bool = False
    lower: str = ""
    protected: bool = False
    edited: bool = False

    @property
    def ends_sentence(self) -> bool:
        """Whether the recognizer put the end of a sentence after it."""
        return self.mark != "" and self.mark in SENTENCE_MARKS

    @property
    def is_capital(self) -> bool:
        """Whether its first letter is one, where the recognizer began no sentence."""
        bare = self.text.lstrip(QUOTES)
        return not self.began and bare[:1].isupper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Tokens `first` up to, not with, `end` are to be removed.

    Attributes:
        why: A `caption.disfluency.Why`.
        withdrawn: Whether the speaker took them back, so that their punctuation is removed too;
            otherwise they were an aside, and a sentence that ended with them still ends.
        loose_comma: A token with the comma that closed the aside, to be removed too.
    """

    first: int
    end: int
    why: str
    withdrawn: bool = False
    loose_comma: int | None = None


def split_words(words: Sequence[NarratedWord], abbreviations: Set[str]) -> list[Token]:
    """The words as tokens. A word with a space inside becomes several with one index.

    Args:
        abbreviations: Words whose full stop belongs to them, without it.
    """
    tokens: list[Token] = []
    for index, word in enumerate(words):
        following = words[index + 1].start_ms if index + 1 < len(words) else word.end_ms
        parts = (word.edited or word.text).split()
        probability = word.probability if word.edited is None else 1.0
        for part in parts:
            pause_ms = max(0, following - word.end_ms) if part is parts[-1] else 0
            token = _token(part, index, pause_ms, probability, abbreviations)
            tokens.append(
                replace(
                    token,
                    space_before=word.space_before or part is not parts[0],
                    window=word.window,
                    began=not tokens or tokens[-1].ends_sentence,
                    edited=word.edited is not None,
                )
            )
    return tokens


def remove(tokens: list[Token], cut: Cut, expectant: Set[str]) -> list[Token]:
    """The tokens without those cut; the token before them takes over the punctuation that stays.

    Args:
        expectant: Words after which no comma follows.
    """
    remaining = tokens[: cut.first] + tokens[cut.end :]
    if cut.loose_comma is not None:
        at = cut.loose_comma - (cut.end - cut.first)
        remaining[at] = marked(remaining[at], "")
    if cut.first > 0:
        remaining[cut.first - 1] = _joined(tokens, cut, expectant)
    return remaining


def marked(token: Token, mark: str, sign: str = "") -> Token:
    """The token with another mark after it; one that is nothing but its mark keeps that."""
    return token if not token.text else replace(token, mark=mark, sign=sign)


def _joined(tokens: list[Token], cut: Cut, expectant: Set[str]) -> Token:
    before, removed = tokens[cut.first - 1], tokens[cut.first : cut.end]
    if cut.withdrawn:
        return before
    pause_ms = max(before.pause_ms, *(token.pause_ms for token in removed))
    hesitant = before.hesitant or cut.why != "not_speech"
    before = replace(before, pause_ms=pause_ms, hesitant=hesitant)
    ended = [token for token in removed if token.ends_sentence]
    if ended and not before.ends_sentence:
        return marked(before, ended[-1].mark, ended[-1].sign)
    if cut.why == "not_speech" and not before.mark:
        return marked(before, removed[-1].mark, removed[-1].sign)
    if before.mark == "," and before.key in expectant:
        return marked(before, "")
    return before


def _token(
    text: str, word: int, pause_ms: int, probability: float, abbreviations: Set[str]
) -> Token:
    core, tail = _split_edges(text, abbreviations)
    bare = core.strip(QUOTES)
    mark, sign = kind_of(tail)
    closing = sum(char in QUOTES for char in tail)
    last_quote = max((tail.rfind(char) for char in QUOTES), default=-1)
    if not core and not sign:
        core = text  # a dash by itself: stays unchanged wherever it stays
    return Token(
        word=word,
        text=core,
        key=bare.casefold().replace("\u2019", "'"),
        mark=mark,
        sign=sign,
        closing=closing,
        inside=bool(sign) and last_quote > tail.find(sign[0]),
        pause_ms=pause_ms,
        probability=probability,
        broken_off=tail.startswith("-") and bool(bare) and not bare.isupper(),
    )


def _split_edges(text: str, abbreviations: Set[str]) -> tuple[str, str]:
    """The word with its quotation marks, and the marks after it."""
    plain = text.rstrip(EDGES.replace(".", "") + CLOSING_QUOTES)
    bare = plain.lstrip(QUOTES)
    if _INITIALS.fullmatch(bare) or bare.rstrip(".").casefold() in abbreviations:
        tail = text[len(plain) :]
        return plain + "".join(char for char in tail if char in QUOTES), tail
    body = text.rstrip(EDGES + QUOTES)
    tail = text[len(body) :]
    start = body.lstrip(EDGES + QUOTES)
    lead = body[: len(body) - len(start)]
    opening = "".join(char for char in lead if char in QUOTES)
    closing = "".join(char for char in tail if char in QUOTES)
    return opening + _sign(lead, start) + start + closing, tail


def _sign(lead: str, start: str) -> str:
    """The part of the leading marks that belongs to the word: a minus, or the point of `.5`."""
    mark = lead.rstrip(QUOTES)[-1:] if start[:1].isdigit() else lead[-1:]
    if mark == "." and not lead.endswith(".."):
        return mark
    return mark if mark in DASHES[:2] and mark and start[:1].isdigit() else ""
