"""Chunking of a transcript into phrases: runs of words that refer to one thing.

By rule, in one pass and without a language model: a phrase is a noun phrase without its modifiers
after the head (`the large helmet`, `a pair of glasses`), found from the roles of the words in
their language, from pauses, and from punctuation where the recognizer wrote any. In a language
without roles, only pauses and punctuation end a phrase.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotate.model.speech import Word
from annotate.text.languages import language_for
from annotate.text.roles import Role

_STOPS = ".,;:!?…)]–—。、？！，；：؟،"  # noqa: RUF001
_OPENINGS = "([–—¿¡"  # noqa: RUF001

_COUNTING = (Role.MEASURE, Role.NUMERAL, Role.DETERMINER)
_COUNTED = (Role.CONTENT, Role.ADVERB, Role.MEASURE, Role.LINK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Words `first_word` up to, not with, `end_word`; the last of them is the head."""

    first_word: int
    end_word: int


def cut_phrases(words: Sequence[Word], *, language: str, pause_ms: int) -> list[Run]:
    """Find the phrases of a transcript.

    Args:
        words: The transcript's words, in order.
        language: A code or tag.
        pause_ms: A silence of this length or more between two words ends a phrase.

    Returns:
        Runs in order that don't overlap and each end with a content word. Words that refer to
        nothing (`there is`, `um`) are in none.
    """
    roles = language_for(language).phrase_roles([word.text for word in words])
    cutter = _Cutter()
    for index, role in enumerate(roles):
        if index and _parts(words[index - 1], words[index], pause_ms):
            cutter.close()
        follows = roles[index + 1] if index + 1 < len(roles) else Role.FUNCTION
        cutter.take(index, role, follows)
    cutter.close()
    return cutter.runs


def _parts(ahead: Word, word: Word, pause_ms: int) -> bool:
    """Whether punctuation or a pause between two words ends a phrase."""
    return (
        word.start_ms - ahead.end_ms >= pause_ms
        or ahead.text.rstrip("\"'”’").endswith(tuple(_STOPS))  # noqa: RUF001
        or word.text.lstrip("\"'“‘").startswith(tuple(_OPENINGS))  # noqa: RUF001
    )


class _Cutter:
    """Processes the words one by one; its state is the open phrase."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._first: int | None = None
        self._end: int | None = None  # one past the last content word so far
        self._ahead: Role | None = None  # the role of the word before, within the open phrase

    def close(self) -> None:
        """End the open phrase and keep it if it refers to something."""
        if self._first is not None and self._end is not None:
            self.runs.append(Run(first_word=self._first, end_word=self._end))
        self._first = self._end = self._ahead = None

    def take(self, index: int, role: Role, follows: Role) -> None:
        """Process a word, given its role and that of the word after it."""
        if role is Role.LINK and self._ahead in _COUNTING:
            self._ahead = role
            return
        if role is Role.VERB and self._ahead is Role.ARTICLE:
            role = Role.CONTENT
        if role in (Role.FUNCTION, Role.VERB, Role.LINK):
            self.close()
            return
        if role is Role.NUMERAL and follows not in _COUNTED:
            role = Role.CONTENT
        if role not in (Role.CONTENT, Role.MEASURE) and self._end is not None:
            self.close()
        if self._first is None:
            self._first = index
        if role is Role.CONTENT:
            self._end = index + 1
        self._ahead = role
