"""The text of a caption, and the recording, time and place of each of its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from annotate.caption.merge import SelectedSentence
from annotate.model.caption import Caption, Kind, Lineage
from annotate.model.narration import NarratedWord


def write_caption(
    image_id: str,
    selected: Sequence[SelectedSentence],
    narrated: Mapping[str, Sequence[NarratedWord]],
) -> Caption:
    """Join the sentences as in their language and record where each word comes from.

    Args:
        narrated: The words of each narration, by recording id.

    Returns:
        The caption; its recordings are those with a word in it, in order of appearance.
    """
    text = ""
    lineage: list[Lineage] = []
    for one in selected:
        words, sentence = narrated[one.recording_id], one.sentence
        for token, gap, written in zip(
            sentence.tokens, sentence.gaps, sentence.written, strict=True
        ):
            start = text + gap if text else ""
            text = start + written
            place = {"start_char": len(start), "end_char": len(text), "word": token.word}
            kind: Kind = "edited" if token.edited else "spoken"
            lineage.append(_entry(one.recording_id, words[token.word], kind, **place))
    return Caption(
        image_id=image_id,
        text=text,
        lineage=tuple(lineage),
        recordings=tuple(dict.fromkeys(one.recording_id for one in selected)),
    )


def _entry(
    recording_id: str,
    source: NarratedWord,
    kind: Kind,
    *,
    start_char: int,
    end_char: int,
    word: int,
) -> Lineage:
    return Lineage(
        start_char=start_char,
        end_char=end_char,
        kind=kind,
        recording_id=recording_id,
        word=word,
        start_ms=source.start_ms,
        end_ms=source.end_ms,
        x_frac=source.x_frac,
        y_frac=source.y_frac,
    )
