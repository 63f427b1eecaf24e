"""Removal of disfluencies by rule: words are removed, none is ever added.

Each word that is removed is listed with the reason. In doubt a word stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from annotate.caption.options import SENTENCE_PAUSE_MS
from annotate.caption.tokenizing import tokenize
from annotate.model.narration import NarratedWord
from annotate.text.base import Find, Language
from annotate.text.languages import language_for
from annotate.text.tokens import Cut, Token, remove

Why = Literal[
    "filler",
    "opening",
    "not_speech",
    "cut_off",
    "stutter",
    "restart",
    "correction",
    "abandoned",
    "taken_out",
]
"""Why words are removed: `um`; `Okay, so`; `[music]`; `th-`; `the the`; `there's a, there's a`;
`left, no sorry, right`; a clause begun anew; words that the annotator removed while editing."""

_LOOK_BACK = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Words `first_word` up to, not with, `end_word` of a narration are left out, and why."""

    first_word: int
    end_word: int
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """The tokens of a narration that stay, in order, and the removals, sorted, without overlaps."""

    tokens: tuple[Token, ...]
    removals: tuple[Removal, ...]


def clean(
    words: Sequence[NarratedWord], language: str = "en", pause_ms: int = SENTENCE_PAUSE_MS
) -> Cleaned:
    """Remove fillers, stutters, restarts and words that the speaker took back.

    The rules are the language's own (`um` is a word in Portuguese, `er` in German). Without rules
    only non-speech is removed.

    Args:
        language: A code or tag.
        pause_ms: As in `tokenize`.
    """
    cleaned = clean_tokens(tokenize(words, language, pause_ms), language)
    out: dict[int, Why] = {at: "taken_out" for at, word in enumerate(words) if word.edited == ""}
    if not out:
        return cleaned
    removed = {
        at: one.why for one in cleaned.removals for at in range(one.first_word, one.end_word)
    }
    remaining = {token.word for token in cleaned.tokens}
    return Cleaned(tokens=cleaned.tokens, removals=_as_runs(removed | out, remaining))


def clean_tokens(tokens: Sequence[Token], language: str = "en") -> Cleaned:
    """Apply the rules until none finds anything: applied to its own result, this changes nothing.

    That doesn't hold for a caption's text, whose full stops may be new.
    """
    spoken_in = language_for(language)
    remaining = list(tokens)
    removed: dict[int, Why] = {}
    before = len(remaining) + 1
    while len(remaining) < before:
        before = len(remaining)
        for rules in spoken_in.disfluencies:
            remaining = _sweep(remaining, rules, spoken_in, removed)
    return Cleaned(
        tokens=tuple(remaining), removals=_as_runs(removed, {token.word for token in remaining})
    )


def _sweep(
    tokens: list[Token], rules: Sequence[Find], language: Language, removed: dict[int, Why]
) -> list[Token]:
    """Apply the rules from left to right, stepping back a little after each cut."""
    at = 0
    while at < len(tokens):
        found = (find(tokens, at) for find in rules)
        cut = next((cut for cut in found if cut and _is_removable(tokens, cut)), None)
        if cut is None:
            at += 1
            continue
        removed.update({t.word: cast(Why, cut.why) for t in tokens[cut.first : cut.end]})
        tokens = remove(tokens, cut, language.lexicon.expectant)
        at = max(0, cut.first - _LOOK_BACK)
    return tokens


def _is_removable(tokens: list[Token], cut: Cut) -> bool:
    return not any(token.protected or token.edited for token in tokens[cut.first : cut.end])


def _as_runs(removed: dict[int, Why], remaining: set[int]) -> tuple[Removal, ...]:
    """Neighbours that were removed for one reason, as one removal."""
    runs: list[Removal] = []
    for word in sorted(removed.keys() - remaining):
        last = runs[-1] if runs else None
        if last and last.end_word == word and last.why == removed[word]:
            runs[-1] = Removal(first_word=last.first_word, end_word=word + 1, why=last.why)
        else:
            runs.append(Removal(first_word=word, end_word=word + 1, why=removed[word]))
    return tuple(runs)
