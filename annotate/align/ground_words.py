"""Grounding of a transcript's words and phrases in the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotate.align.grounding import UNGROUNDED, Grounding, Pointer
from annotate.align.options import AlignOptions
from annotate.align.phrases import Run, cut_phrases
from annotate.model.narration import NarratedWord, Phrase
from annotate.model.pointer import Trace
from annotate.model.speech import Span, Word, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Tied:
    """The words and the phrases of one narration, each in order."""

    words: tuple[NarratedWord, ...]
    phrases: tuple[Phrase, ...]


def tie_words(words: Sequence[Word], trace: Trace, *, language: str, options: AlignOptions) -> Tied:
    """Cut the words into phrases and assign each phrase and word its place on the image.

    Args:
        words: The transcript's words, in order, on the same clock as the trace.
        language: ISO 639-1 code of the words' language.
    """
    runs = cut_phrases(words, language=language, pause_ms=options.pause_ms)
    pointer = Pointer(trace, options)
    spans = [_span(words, run.first_word, run.end_word) for run in runs]
    places = [
        pointer.at_phrase(span, clicks, _span(words, run.end_word - 1, run.end_word))
        for run, span, clicks in zip(runs, spans, pointer.split_at_clicks(spans), strict=True)
    ]
    place_of_word = [UNGROUNDED] * len(words)
    for run, place in zip(runs, places, strict=True):
        place_of_word[run.first_word : run.end_word] = [place] * (run.end_word - run.first_word)
    return Tied(
        words=tuple(
            _narrated(word, pointer.at_word(_span([word], 0, 1), place))
            for word, place in zip(words, place_of_word, strict=True)
        ),
        phrases=tuple(_phrase(words, run, place) for run, place in zip(runs, places, strict=True)),
    )


def _span(words: Sequence[Word], first_word: int, end_word: int) -> Span:
    return Span(start_ms=words[first_word].start_ms, end_ms=words[end_word - 1].end_ms)


def _narrated(word: Word, place: Grounding) -> NarratedWord:
    return NarratedWord(
        text=word.text,
        start_ms=word.start_ms,
        end_ms=word.end_ms,
        probability=word.probability,
        x_frac=place.x_frac,
        y_frac=place.y_frac,
        tie=place.tie,
        space_before=word.space_before,
        window=word.window,
    )


def _phrase(words: Sequence[Word], run: Run, place: Grounding) -> Phrase:
    span = _span(words, run.first_word, run.end_word)
    return Phrase(
        first_word=run.first_word,
        end_word=run.end_word,
        text=text_of(words[run.first_word : run.end_word]),
        start_ms=span.start_ms,
        end_ms=span.end_ms,
        x_frac=place.x_frac,
        y_frac=place.y_frac,
        box=place.box,
        tie=place.tie,
        confidence=place.confidence,
    )
