"""Composition of one caption from all narrations of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotate.caption.disfluency import clean
from annotate.caption.lineage import write_caption
from annotate.caption.merge import NarrationSentences, merge
from annotate.caption.options import CaptionOptions
from annotate.caption.sentences import split_sentences
from annotate.model.caption import Caption
from annotate.model.narration import NarratedWord
from annotate.model.verdict import Status
from annotate.text.tokens import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Narration:
    """The words that were said about the image in one recording, and the worst verdict on it.

    Attributes:
        language: A code or tag.
    """

    recording_id: str
    status: Status
    language: str
    words: tuple[NarratedWord, ...]


def compose(
    image_id: str, narrations: Sequence[Narration], options: CaptionOptions | None = None
) -> Caption:
    """Clean each narration, merge them, and record where each word comes from.

    No word is added: every word of the text was said, and only the capital at a sentence's start
    and the punctuation at its edges may differ. Without narrations, or when nothing was said in
    them, the text is empty.
    """
    options = options or CaptionOptions()
    sentences = [
        NarrationSentences(
            recording_id=narration.recording_id,
            status=narration.status,
            language=narration.language,
            sentences=tuple(
                split_sentences(_cleaned(narration, options), options, narration.language)
            ),
        )
        for narration in narrations
    ]
    words = {narration.recording_id: narration.words for narration in narrations}
    return write_caption(image_id, merge(sentences, options), words)


def _cleaned(narration: Narration, options: CaptionOptions) -> tuple[Token, ...]:
    return clean(narration.words, narration.language, options.sentence_pause_ms).tokens
