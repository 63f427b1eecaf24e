"""A recognizer's text fragments to words, with the blanks between them.

openai-whisper and faster-whisper cut text into fragments whose own blanks show how they join:
` hard`, `-working`. In a language with blanks between its words a fragment without one continues
the word before, so that `hard-working`, `$5`, `3.5` and `50%` are one word each. In a language
without them, each fragment is a word, but signs are joined to the word that they belong to.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from annotate.model.language import is_spaced
from annotate.model.speech import Word

_SPOKEN = "%&@#"
_JOINERS = "\u200c\u200d\u1039"
"""Characters that join the one before to the one after: in emoji and in Persian the zero-width
joiners, in Burmese the mark of stacked consonants."""
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_REGIONAL_INDICATORS = range(0x1F1E6, 0x1F200)
_COMBINING_LETTERS = "\u0e33\u0eb3\uff9e\uff9f"
"""Letters by their category, but drawn with the one before: the Thai and Lao vowel am, and the
voicing marks of half-width katakana."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A fragment of text as the recognizer cut it, with its blanks, on the recording's clock."""

    text: str
    start_ms: int
    end_ms: int
    probability: float


def words_of(
    fragments: Iterable[Fragment], language: str, *, segment: int, window: int | None = None
) -> list[Word]:
    """The words of one segment; `text_of` of them is the segment's text.

    Runs of white space count as one blank. A segment of a language with blanks begins with one,
    whether or not the recognizer wrote it: a word never extends over two segments.

    Args:
        language: The segment's language.
        segment: The segment's index; `window` is that of its window.
    """
    spaced = is_spaced(language)
    words: list[_Open] = []
    blank = spaced
    for fragment in fragments:
        for part, lead in _parts(fragment):
            blank = blank or lead
            if not part.text:
                continue
            if words and not blank and (spaced or _belongs(words[-1].text, part.text)):
                words[-1].take(part)
            else:
                words.append(_Open(part, blank))
            blank = False
        blank = blank or fragment.text[-1:].isspace()
    return [word.closed(segment, window) for word in words]


class _Open:
    """A word that later parts may continue."""

    def __init__(self, first: Fragment, space_before: bool):
        self.text = first.text
        self._space_before = space_before
        self._start_ms, self._end_ms = first.start_ms, first.end_ms
        self._weighted_probability = first.probability * len(first.text)

    def take(self, part: Fragment) -> None:
        """Append a part. Marks have no time of their own: the letters' times stay."""
        if not _sounds(self.text):
            self._start_ms, self._end_ms = part.start_ms, part.end_ms
        elif _sounds(part.text):
            self._end_ms = max(self._end_ms, part.end_ms)
        self.text += part.text
        self._weighted_probability += part.probability * len(part.text)

    def closed(self, segment: int, window: int | None) -> Word:
        """The word, with the mean of its parts' probabilities, each weighted by its length."""
        return Word(
            text=self.text,
            start_ms=self._start_ms,
            end_ms=self._end_ms,
            probability=round(min(1.0, self._weighted_probability / len(self.text)), 6),
            segment=segment,
            space_before=self._space_before,
            window=window,
        )


def _parts(fragment: Fragment) -> Iterable[tuple[Fragment, bool]]:
    """The parts of a fragment between its blanks, and whether a blank is before each.

    `- Hello` is one fragment. Its time is divided in proportion to the parts' letters and digits.
    """
    texts = fragment.text.split()
    if not texts:
        return [(_part(fragment, "", 0, 0, 1), fragment.text != "")]
    weights = [sum(map(_sounds, text)) for text in texts]
    if not any(weights):
        weights = [1] * len(texts)
    total, done, parts = sum(weights), 0, []
    for index, (text, weight) in enumerate(zip(texts, weights, strict=True)):
        part = _part(fragment, text, done, done + weight, total)
        parts.append((part, index > 0 or fragment.text[0].isspace()))
        done += weight
    return parts


def _part(fragment: Fragment, text: str, first: int, end: int, total: int) -> Fragment:
    length_ms = fragment.end_ms - fragment.start_ms
    return Fragment(
        text=text,
        start_ms=fragment.start_ms + length_ms * first // total,
        end_ms=fragment.start_ms + length_ms * end // total,
        probability=fragment.probability,
    )


def _sounds(text: str) -> bool:
    """Whether any of its characters is spoken: letters, digits, and signs such as `$` and `%`."""
    return any(
        char.isalnum() or char in _SPOKEN or unicodedata.category(char)[0] == "S" for char in text
    )


def _belongs(before: str, text: str) -> bool:
    """Whether, in a language without blanks, `text` belongs to the word before it.

    That is so for closing marks (`。`), for the rest of what is one character to a reader (Thai
    vowels, accents, the parts of an emoji), and after an opening bracket.
    """
    return (
        _continues(before, text[0])
        or all(unicodedata.category(char) in ("Ps", "Pi") for char in before)
        or all(unicodedata.category(char) in ("Pe", "Pf", "Po") for char in text)
    )


def _continues(before: str, char: str) -> bool:
    """Whether `char` is part of the grapheme cluster that ends the text before it."""
    if ord(char) in _REGIONAL_INDICATORS:  # two of them are a flag
        others = before.rstrip("".join(map(chr, _REGIONAL_INDICATORS)))
        return (len(before) - len(others)) % 2 == 1
    return (
        unicodedata.category(char)[0] == "M"
        or char in _COMBINING_LETTERS
        or char in _JOINERS
        or ord(char) in _SKIN_TONES
        or ord(char) in _TAGS
        or before[-1] in _JOINERS
    )
