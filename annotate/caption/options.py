"""The settings of the caption stage."""

from __future__ import annotations

from pydantic import BaseModel, Field

SENTENCE_PAUSE_MS = 500


class CaptionOptions(BaseModel, frozen=True, extra="forbid"):
    """How narrations become one caption.

    Attributes:
        sentence_pause_ms: In a narration without punctuation, a silence this long ends a sentence
            if the words allow it. A full stop where the sound was cut stays from this length on.
        longest_sentence: More words than this without a full stop are split at such a silence.
        min_probability: A sentence whose words have a lower mean probability is left out, of the
            backbone too: a caption contains no doubtful words.
        covered_frac: A sentence adds nothing when another covers this fraction of its content.
        same_word_score: From this similarity (0 to 100) two long words count as one, recognized
            in two ways.
    """

    sentence_pause_ms: int = Field(default=SENTENCE_PAUSE_MS, ge=0)
    longest_sentence: int = Field(default=40, ge=5)
    min_probability: float = Field(default=0.35, ge=0, le=1)
    covered_frac: float = Field(default=0.7, gt=0, le=1)
    same_word_score: float = Field(default=85.0, ge=50, le=100)
