"""The faithfulness check on captions that were changed after they were composed."""

from dataclasses import asdict
from typing import Any

import polars as pl
import pytest

from annotate.caption.compose import Narration, compose
from annotate.evaluation.faithfulness import WHY, unsupported_words
from annotate.model.narration import NarratedWord
from annotate.model.speech import joining
from annotate.model.tables import Captions, Narrations, Transcripts
from tests.builders import a_narration, a_transcript, frame, img, narrated, rec

TEXT = "um, a red boat near two hills."


def transcribed(spoken: str = TEXT) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Transcripts and narrations of two images: `spoken` for the first, with a point at word 3."""
    words = narrated(spoken)
    words[2] |= {"x_frac": 0.25, "y_frac": 0.5, "tie": "trace"}
    narrated_rows = [
        a_narration(spoken, words=words),
        a_narration("a green tree", "other", words=narrated("a green tree"), image_id=img("b")),
    ]
    transcripts = [a_transcript(spoken), a_transcript("a green tree", "other")]
    return frame(Transcripts, transcripts), frame(Narrations, narrated_rows)


def composed(spoken: str = TEXT, language: str = "en") -> dict[str, Any]:
    words = tuple(NarratedWord(**joining(word)) for word in transcribed(spoken)[1]["words"][0])
    narrated_rows = Narration(recording_id=rec("a"), status="pass", language=language, words=words)
    row = asdict(compose(img(), [narrated_rows]))
    return {**row, "lineage": list(row["lineage"]), "caption_id": f"cap_{'0' * 16}"}


def checked(row: dict[str, Any], *, fixed: bool = False, spoken: str = TEXT) -> pl.DataFrame:
    rows = frame(Captions, [row]).with_columns(fixed=pl.lit(fixed))
    return unsupported_words(rows, *transcribed(spoken))


def found(row: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    return checked(row, **more).select("text", "why").rows()


def tampered(at: int, **over: Any) -> dict[str, Any]:
    row = composed()
    row["lineage"][at] |= over
    return row


def test_a_composed_caption_is_supported() -> None:
    assert composed()["text"] == "A red boat near two hills."
    assert found(composed()) == []


def test_the_other_image_has_a_transcript() -> None:
    """The tests below about recordings of other images depend on it."""
    assert transcribed()[1].height == 2


def test_an_unspoken_word_is_found_with_its_position() -> None:
    row = composed() | {"text": "A red tree near two hills."}
    assert checked(row).rows(named=True) == [
        {
            **{"caption_id": row["caption_id"], "image_id": row["image_id"]},
            **{"start_char": 6, "end_char": 10, "text": "tree", "why": "wrong_word"},
        }
    ]


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"word": 3}, "wrong_word"),
        ({"word": None}, "wrong_word"),
        ({"word": -1}, "wrong_word"),
        ({"word": 99}, "wrong_word"),
        ({"recording_id": rec("other")}, "wrong_recording"),
        ({"recording_id": rec("unknown")}, "wrong_recording"),
        ({"recording_id": None}, "wrong_recording"),
        ({"start_ms": 599}, "wrong_time"),
        ({"end_ms": 901}, "wrong_time"),
        ({"start_ms": None, "end_ms": None}, "wrong_time"),
        ({"x_frac": 0.26}, "wrong_place"),
        ({"y_frac": None}, "wrong_place"),
        ({"x_frac": float("nan")}, "wrong_place"),
        ({"kind": "synthetic"}, "synthetic"),
        ({"kind": "edited"}, "not_reviewed"),
    ],
)
def test_wrong_lineage_is_found(over: dict[str, Any], why: str) -> None:
    assert found(tampered(1, **over))[:1] == [("red", why)]


def test_a_point_of_an_ungrounded_word_is_found() -> None:
    assert found(tampered(2, x_frac=0.5, y_frac=0.5)) == [("boat", "wrong_place")]


@pytest.mark.parametrize(
    ("over", "text"),
    [
        ({"start_char": 0}, "A red"),
        ({"start_char": 3, "end_char": 3}, ""),
        ({"start_char": 4, "end_char": 2}, ""),
        ({"end_char": 8}, "red bo"),
    ],
)
def test_an_overlapping_or_empty_span_is_found(over: dict[str, int], text: str) -> None:
    assert "bad_span" in [why for _, why in found(tampered(1, **over))]


def test_a_span_beyond_the_text_is_found() -> None:
    assert found(tampered(5, end_char=99)) == [("hills.", "bad_span")]


def test_lineage_in_another_order_is_found() -> None:
    row = composed()
    row["lineage"].reverse()
    assert "bad_span" in [why for _, why in found(row)]


@pytest.mark.parametrize(
    ("text", "extra"),
    [
        ("A red boat near two hills. Truly.", "Truly."),
        ("A red boat near two hills. $", "$"),
        ("A red boat near two hills. 5%", "5%"),
        ("A red boat near two hills.\U000e0041\U000e0042", ".\U000e0041\U000e0042"),
        ("A red boat near two hills. \u200b", ". \u200b"),
    ],
)
def test_text_without_lineage_is_found(text: str, extra: str) -> None:
    row = composed()
    row["lineage"][-1]["end_char"] = len("A red boat near two hills")
    assert [(part.strip(". "), why) for part, why in found(row | {"text": text})] == [
        (extra.strip(". "), "no_lineage")
    ]


def test_text_before_and_between_spans_is_found() -> None:
    row = composed()
    row["text"] = "No! " + row["text"].replace("near", "nearly")
    for at, entry in enumerate(row["lineage"]):
        shift = 4 if at < 4 else 6
        entry |= {"start_char": entry["start_char"] + shift, "end_char": entry["end_char"] + shift}
    assert found(row) == [("No!", "no_lineage"), ("ly", "no_lineage")]


def test_a_caption_without_lineage_is_one_unsupported_part() -> None:
    row = composed() | {"lineage": []}
    assert found(row) == [("A red boat near two hills.", "no_lineage")]
    assert found(row | {"text": " . "}) == []


def test_an_unlisted_recording_supports_no_word() -> None:
    assert {why for _, why in found(composed() | {"recordings": []})} == {"wrong_recording"}


def test_a_recording_of_another_image_supports_no_word() -> None:
    assert {why for _, why in found(composed() | {"image_id": img("b")})} == {"wrong_recording"}


def test_a_word_spoken_once_supports_one_occurrence() -> None:
    row = composed()
    repeated = {**row["lineage"][1], "start_char": 27, "end_char": 30}
    row |= {"text": row["text"] + " red", "lineage": [*row["lineage"], repeated]}
    assert found(row) == [("red", "repeated")]


def test_a_recognized_word_with_a_space_supports_its_parts() -> None:
    spoken = ["a", "New York"]
    words = [{**word, "text": text} for word, text in zip(narrated("a b"), spoken, strict=True)]
    rows = frame(Transcripts, [a_transcript("a New York", words=_timed(spoken))])
    narrated_rows = frame(Narrations, [a_narration(words=words)])
    narrated_words = tuple(NarratedWord(**joining(word)) for word in words)
    one = Narration(recording_id=rec("a"), status="pass", language="en", words=narrated_words)
    row = {**asdict(compose(img(), [one])), "caption_id": f"cap_{'0' * 16}"}
    caption = frame(Captions, [row]).with_columns(fixed=pl.lit(False))
    assert row["text"] == "A New York."
    assert unsupported_words(caption, rows, narrated_rows).is_empty()


def _timed(texts: list[str]) -> list[dict[str, Any]]:
    at = [{"start_ms": 300 * n, "end_ms": 300 * n + 300} for n in range(len(texts))]
    rest = {"probability": 0.9, "segment": 0, "interpolated": False}
    return [{"text": text, **span, **rest} for text, span in zip(texts, at, strict=True)]


def edited(text: str, **over: Any) -> dict[str, Any]:
    """The caption with its third word replaced by a reviewer's."""
    row = tampered(2, kind="edited", **dict.fromkeys(
        ("recording_id", "word", "start_ms", "end_ms", "x_frac", "y_frac")))  # fmt: skip
    row["lineage"][2] |= over
    return row | {"text": row["text"].replace("boat", text)}


def test_a_reviewers_word_is_supported_if_it_refers_to_no_recording() -> None:
    assert found(edited("ship"), fixed=True) == []
    assert found(edited("ship"), fixed=False) == [("ship", "not_reviewed")]
    claims = edited("ship", recording_id=rec("a"), word=3)
    assert found(claims, fixed=True) == [("ship", "claims_recording")]


def test_unedited_words_of_a_fixed_caption_are_checked() -> None:
    row = edited("ship")
    row["text"] = row["text"].replace("red", "big")
    assert found(row, fixed=True) == [("big", "wrong_word")]


def test_without_transcripts_every_word_is_unsupported() -> None:
    transcripts, narrations = transcribed()
    rows = frame(Captions, [composed()]).with_columns(fixed=pl.lit(False))
    assert unsupported_words(rows, transcripts.clear(), narrations).height == 6
    assert unsupported_words(rows, transcripts, narrations.clear()).height == 6
    assert unsupported_words(rows.clear(), transcripts, narrations).is_empty()


def test_words_of_an_unspaced_language_are_checked_by_their_spans() -> None:
    words = ["壁", "は", "赤い"]
    rows = frame(Transcripts, [a_transcript("壁は赤い", words=_timed(words))])
    narrated_rows = [
        {**word, "text": text} for word, text in zip(narrated("a b c"), words, strict=True)
    ]
    narrations = frame(Narrations, [a_narration(words=narrated_rows)])
    row = composed() | {"text": "壁は赤い。"}
    row["lineage"] = [
        {
            **{"start_char": start, "end_char": end, "kind": "spoken", "recording_id": rec("a")},
            **{"word": at, "start_ms": 300 * at, "end_ms": 300 * at + 300},
            **{"x_frac": None, "y_frac": None},
        }
        for at, (start, end) in enumerate([(0, 1), (1, 2), (2, 4)])
    ]

    def unsupported(text: str) -> list[tuple[str, str]]:
        caption = frame(Captions, [row | {"text": text}]).with_columns(fixed=pl.lit(False))
        return unsupported_words(caption, rows, narrations).select("text", "why").rows()

    assert unsupported("壁は赤い。") == []
    assert unsupported("壁は赤い家。") == [("家。", "no_lineage")]
    assert unsupported("壁は青い。") == [("青い", "wrong_word")]


def test_every_reason_has_a_description() -> None:
    assert all(WHY.values())
