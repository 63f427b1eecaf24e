"""Merging of the narrations of one image into one sequence of sentences, each statement once.

The narration with most content is the backbone. Sentences of the others that add content are
inserted, each after the sentence with which it has most content in common. Contradicting sentences
are both included, since this stage can't decide which one is true of the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotate.caption.content_words import ContentWords, content_words, coverage, union
from annotate.caption.options import CaptionOptions
from annotate.caption.sentences import Sentence
from annotate.model.verdict import Status
from annotate.text.base import Lexicon
from annotate.text.languages import language_for

_EARLY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrationSentences:
    """One narration's sentences, in the order in which they were said.

    Attributes:
        language: A code or tag.
    """

    recording_id: str
    status: Status
    sentences: tuple[Sentence, ...]
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedSentence:
    """A sentence of the caption.

    Attributes:
        recording_id: Which recording it is from.
        words: Its content.
        refers_back: Whether it continues the sentence before: `It is white`.
    """

    recording_id: str
    sentence: Sentence
    words: ContentWords
    refers_back: bool


def merge(
    narrations: Sequence[NarrationSentences], options: CaptionOptions
) -> list[SelectedSentence]:
    """The caption's sentences in order; the same whatever the order of the narrations.

    A narration that passed every check is preferred as the backbone to a flagged one; then the
    one with more content; then the lesser id.
    """
    selected = [_select_sentences(narration, options) for narration in narrations]
    flagged = {narration.recording_id: narration.status != "pass" for narration in narrations}
    selected = sorted(filter(None, selected), key=lambda one: _rank(one, flagged))
    caption: list[SelectedSentence] = []
    for narration in selected:
        caption = _add(caption, narration, options) if caption else narration
    return caption


def _select_sentences(
    narration: NarrationSentences, options: CaptionOptions
) -> list[SelectedSentence]:
    """The narration without doubtful sentences, those without content, and repeated ones."""
    lexicon = language_for(narration.language).lexicon
    selected: dict[frozenset[str], SelectedSentence] = {}
    for sentence in narration.sentences:
        words = content_words(sentence.tokens, lexicon, exact=not sentence.spaced)
        if words.stems and sentence.probability >= options.min_probability:
            one = SelectedSentence(
                recording_id=narration.recording_id,
                sentence=sentence,
                words=words,
                refers_back=_refers_back(sentence, lexicon),
            )
            selected.setdefault(words.stems, one)
    return list(selected.values())


def _rank(narration: list[SelectedSentence], flagged: dict[str, bool]) -> tuple[bool, int, str]:
    stems = frozenset[str]().union(*(one.words.stems for one in narration))
    return flagged[narration[0].recording_id], -len(stems), narration[0].recording_id


def _add(
    caption: list[SelectedSentence], narration: list[SelectedSentence], options: CaptionOptions
) -> list[SelectedSentence]:
    """The caption with what is new in the narration. Additions at one place keep their order."""
    after: dict[int, list[SelectedSentence]] = {}
    place: int | None = None
    covering = _covering(caption)
    for new in narration:
        scores = [coverage(new.words, words, options.same_word_score) for words in covering]
        best = max(range(len(scores)), key=lambda at: (scores[at], -at))
        if scores[best] >= options.covered_frac:
            place = best // 2
            continue
        if place is None or not new.refers_back:
            place = _most_related(new.words, caption)
        after.setdefault(_last_referring(caption, place), []).append(new)
    return [one for at, selected in enumerate(caption) for one in (selected, *after.get(at, ()))]


def _covering(caption: list[SelectedSentence]) -> list[ContentWords]:
    """The content of each sentence, and of each with the next: two may cover one of another."""
    covering = []
    for at, selected in enumerate(caption):
        pair = caption[at : at + 2]
        covering += [selected.words, union(pair[0].words, pair[-1].words)]
    return covering


def _refers_back(sentence: Sentence, lexicon: Lexicon) -> bool:
    """Whether it continues the sentence before: `It is white`, `In front of them there's`."""
    early = {token.key for token in sentence.tokens[:_EARLY]}
    first = sentence.tokens[0].key
    return first in lexicon.continuing or not early.isdisjoint(lexicon.anaphora)


def _last_referring(caption: list[SelectedSentence], at: int) -> int:
    """The last of the sentences from `at` on that refer back to it: none is inserted between."""
    while (
        at + 1 < len(caption)
        and caption[at + 1].recording_id == caption[at].recording_id
        and caption[at + 1].refers_back
    ):
        at += 1
    return at


def _most_related(words: ContentWords, caption: list[SelectedSentence]) -> int:
    """The sentence with most content in common, the earliest of several; else the last."""
    things = words.stems - words.decisive
    shared = [
        (len(things & selected.words.stems), len(words.stems & selected.words.stems))
        for selected in caption
    ]
    best = max(range(len(shared)), key=lambda at: (shared[at], -at))
    return best if shared[best] > (0, 0) else len(caption) - 1
