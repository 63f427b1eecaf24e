"""The text of a caption, and for each of its words where it was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from annotate.caption.merge import Chosen
from annotate.model.caption import Caption, Lineage
from annotate.model.narration import NarratedWord


def write_caption(
    image_id: str, chosen: Sequence[Chosen], said: Mapping[str, Sequence[NarratedWord]]
) -> Caption:
    """Join the sentences with single spaces and note where each word comes from.

    Args:
        said: The words of each narration, by recording id.

    Returns:
        The caption; its recordings are those that gave it a word, in order of appearance.
    """
    words: list[str] = []
    lineage: list[Lineage] = []
    start_char = 0
    for one in chosen:
        narrated = said[one.recording_id]
        for token, written in zip(one.sentence.tokens, one.sentence.written, strict=True):
            end_char = start_char + len(written)
            source = narrated[token.word]
            words.append(written)
            lineage.append(
                Lineage(
                    start_char=start_char,
                    end_char=end_char,
                    kind="spoken",
                    recording_id=one.recording_id,
                    word=token.word,
                    start_ms=source.start_ms,
                    end_ms=source.end_ms,
                    x_frac=source.x_frac,
                    y_frac=source.y_frac,
                )
            )
            start_char = end_char + 1
    return Caption(
        image_id=image_id,
        text=" ".join(words),
        lineage=tuple(lineage),
        recordings=tuple(dict.fromkeys(one.recording_id for one in chosen)),
    )
