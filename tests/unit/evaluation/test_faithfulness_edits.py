"""The faithfulness check on captions with an annotator's corrections."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from annotate.evaluation.faithfulness import unsupported_words
from annotate.model.tables import Captions, Edits, dtypes
from tests.builders import frame, narrated, rec
from tests.unit.evaluation.test_faithfulness import TEXT, tampered, transcribed

CHANGES = dtypes(Edits)["changes"]


def corrected(*changes: tuple[str, str], shift_ms: int = 0, name: str = "a") -> pl.DataFrame:
    """An annotator's corrections of words of the first recording."""
    at = {word["text"]: word for word in narrated(TEXT)}
    written = [
        {
            **{"word": number, "recognized": word, "text": text},
            "start_ms": at[word]["start_ms"] + shift_ms,
            "end_ms": at[word]["end_ms"] + shift_ms,
        }
        for number, (word, text) in enumerate(changes)
    ]
    return pl.DataFrame(
        [{"recording_id": rec(name), "changes": written}],
        {"recording_id": pl.String, "changes": CHANGES},
    )


def with_correction(text: str = "ship", **over: Any) -> dict[str, Any]:
    """The caption with its third word, `boat`, replaced by its annotator's."""
    row = tampered(2, **{"kind": "edited", **over})
    return row | {"text": row["text"].replace("boat", text)}


def unsupported(row: dict[str, Any], edits: pl.DataFrame, fixed: bool = False) -> list[Any]:
    rows = frame(Captions, [row]).with_columns(fixed=pl.lit(fixed))
    return unsupported_words(rows, *transcribed(), edits).select("text", "why").rows()


def test_a_corrected_word_is_supported_by_the_edit() -> None:
    assert unsupported(with_correction(), corrected(("boat", "ship"))) == []
    assert unsupported(with_correction(), corrected(("boat", "ship"), shift_ms=-500)) == []
    assert unsupported(with_correction("Ship"), corrected(("boat", "a big ship,"))) == []
    assert unsupported(with_correction(), corrected(("boat", "ship")), fixed=True) == []


@pytest.mark.parametrize(
    "edits",
    [
        corrected(("boat", "yacht")),
        corrected(("red", "ship")),
        corrected(("boat", "")),
        corrected(("boat", "ship"), shift_ms=501),
        corrected(("boat", "ship"), name="other"),
        corrected(),
    ],
)
def test_a_word_without_an_edit_is_unsupported(edits: pl.DataFrame) -> None:
    assert unsupported(with_correction(), edits) == [("ship", "not_reviewed")]
    assert unsupported(with_correction(), edits, fixed=True) == [("ship", "claims_recording")]


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"start_ms": 1}, "wrong_time"),
        ({"x_frac": 0.3, "y_frac": 0.3}, "wrong_place"),
        ({"word": 2}, "not_reviewed"),
        ({"recording_id": rec("other")}, "not_reviewed"),
        ({"kind": "spoken"}, "wrong_word"),
        ({"kind": "synthetic"}, "synthetic"),
    ],
)
def test_an_edit_supports_only_its_own_word(over: dict[str, Any], why: str) -> None:
    assert unsupported(with_correction(**over), corrected(("boat", "ship"))) == [("ship", why)]


def test_a_word_written_once_supports_one_occurrence() -> None:
    row = with_correction()
    repeated = {**row["lineage"][2], "start_char": 28, "end_char": 32}
    row |= {"text": row["text"] + "  ship", "lineage": [*row["lineage"], repeated]}
    assert unsupported(row, corrected(("boat", "ship"))) == [("ship", "repeated")]
    assert unsupported(row, corrected(("boat", "ship by ship"))) == []
