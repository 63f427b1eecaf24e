"""The narrations of one image as one run of sentences that says nothing twice.

The narration that tells most is the backbone. From the others come the sentences that tell
something new, each put after the sentence that it is most about. What narrations disagree on
stands side by side: nobody here can see the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotate.caption.content_words import Meaning, covered, meaning_of
from annotate.caption.lexicon import REFERRING, words
from annotate.caption.options import CaptionOptions
from annotate.caption.sentences import Sentence
from annotate.model.verdict import Status

_LEANING = words("and but then others each these those that that's")
_EARLY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrationSentences:
    """One narration's sentences, in the order in which they were said."""

    recording_id: str
    status: Status
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedSentence:
    """A sentence of the caption, and whose it is."""

    recording_id: str
    sentence: Sentence
    meaning: Meaning


def merge(
    narrations: Sequence[NarrationSentences], options: CaptionOptions
) -> list[SelectedSentence]:
    """The caption's sentences in order; the same whatever the order of the narrations.

    A narration that passed every check is preferred as the backbone to a flagged one; then the
    one with more content; then the lesser id.
    """
    told = [_tell(narration, options) for narration in narrations]
    flagged = {narration.recording_id: narration.status != "pass" for narration in narrations}
    told = sorted(filter(None, told), key=lambda one: _rank(one, flagged))
    caption: list[SelectedSentence] = []
    for narration in told:
        caption = _add(caption, narration, options) if caption else narration
    return caption


def _tell(narration: NarrationSentences, options: CaptionOptions) -> list[SelectedSentence]:
    """The narration without doubtful or empty sentences and without those that it says again."""
    told: dict[frozenset[str], SelectedSentence] = {}
    for sentence in narration.sentences:
        meaning = meaning_of(sentence.tokens, exact=not sentence.spaced)
        if meaning.content and sentence.probability >= options.min_probability:
            chosen = SelectedSentence(
                recording_id=narration.recording_id, sentence=sentence, meaning=meaning
            )
            told.setdefault(meaning.content, chosen)
    return list(told.values())


def _rank(narration: list[SelectedSentence], flagged: dict[str, bool]) -> tuple[bool, int, str]:
    content = frozenset[str]().union(*(chosen.meaning.content for chosen in narration))
    return flagged[narration[0].recording_id], -len(content), narration[0].recording_id


def _add(
    caption: list[SelectedSentence], narration: list[SelectedSentence], options: CaptionOptions
) -> list[SelectedSentence]:
    """The caption with what is new in the narration. Additions at one place keep their order."""
    after: dict[int, list[SelectedSentence]] = {}
    place: int | None = None
    known = _known(caption)
    for chosen in narration:
        scores = [covered(chosen.meaning, told, options.same_word_score) for told in known]
        best = max(range(len(scores)), key=lambda at: (scores[at], -at))
        if scores[best] >= options.covered_frac:
            place = best // 2
            continue
        if place is None or not _leans(chosen.sentence):
            place = _most_related(chosen.meaning, caption)
        after.setdefault(_end_of_thought(caption, place), []).append(chosen)
    return [one for at, chosen in enumerate(caption) for one in (chosen, *after.get(at, ()))]


def _known(caption: list[SelectedSentence]) -> list[Meaning]:
    """Each sentence, and each together with the next: what is told in one go may be told in two."""
    known = []
    for at, chosen in enumerate(caption):
        following = caption[at + 1].meaning.content if at + 1 < len(caption) else frozenset()
        known += [chosen.meaning, Meaning(content=chosen.meaning.content | following)]
    return known


def _leans(sentence: Sentence) -> bool:
    """Whether it goes on from the sentence before: `It is white`, `In front of them there's`."""
    early = {token.key for token in sentence.tokens[:_EARLY]}
    return sentence.tokens[0].key in _LEANING or not early.isdisjoint(REFERRING)


def _end_of_thought(caption: list[SelectedSentence], at: int) -> int:
    """The last of the sentences from `at` on that lean on it: nothing may come between them."""
    while (
        at + 1 < len(caption)
        and caption[at + 1].recording_id == caption[at].recording_id
        and _leans(caption[at + 1].sentence)
    ):
        at += 1
    return at


def _most_related(meaning: Meaning, caption: list[SelectedSentence]) -> int:
    """The sentence that shares most with this one, the earliest of several; else the last."""
    things = meaning.content - meaning.decisive
    shared = [
        (len(things & chosen.meaning.content), len(meaning.content & chosen.meaning.content))
        for chosen in caption
    ]
    best = max(range(len(shared)), key=lambda at: (shared[at], -at))
    return best if shared[best] > (0, 0) else len(caption) - 1
