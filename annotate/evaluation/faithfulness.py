"""The faithfulness check: every word of a caption must be a spoken or an edited one.

It reads captions, transcripts, narrations and edits, and shares no code with the caption stage, so
that a mistake there can't be repeated here. It compares words and not meaning: a caption with
spoken words in another order passes.
"""

from __future__ import annotations

import polars as pl

from annotate.model.edit import NEAR_MS
from annotate.model.tables import Edits, content_frame
from annotate.text.normalization import normalize

WHY = {
    "bad_span": "its lineage is outside the text or over another word's",
    "no_lineage": "no lineage covers it",
    "wrong_word": "its lineage points at another word of the recording, or at none",
    "wrong_recording": "its recording isn't one of the caption's or describes another image",
    "wrong_time": "it wasn't said at that time",
    "wrong_place": "the annotator wasn't pointing there",
    "repeated": "it was said once and is repeated in the caption",
    "not_reviewed": "it is marked as edited, and neither its annotator nor a reviewer wrote it",
    "claims_recording": "a reviewer wrote it, and its lineage names a recording",
    "synthetic": "a model wrote it",
}
"""Why a part of a caption is unsupported, by code."""

_SCHEMA = {
    "caption_id": pl.String,
    "image_id": pl.String,
    "start_char": pl.Int64,
    "end_char": pl.Int64,
    "text": pl.String,
    "why": pl.String,
}
_CLAIMS = ("recording_id", "word", "start_ms", "end_ms", "x_frac", "y_frac")


def unsupported_words(
    captions: pl.DataFrame,
    transcripts: pl.DataFrame,
    narrations: pl.DataFrame,
    edits: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The parts of captions without support in the transcripts, in order of caption and text.

    Args:
        captions: `caption_id`, `image_id`, `text`, `lineage`, `recordings` (ids), and
            `fixed`: whether a person changed the text in review. Only then may words be `edited`
            without a recording, and they are that person's own.
        transcripts: `recording_id` and `words`, one row a recording. Recordings that no caption
            names are ignored.
        narrations: `recording_id`, `image_id` and `words`, likewise.
        edits: `recording_id` and `changes`, likewise: what annotators wrote in place of recognized
            words. Only that may be `edited` with a recording.

    Returns:
        One row a part: `caption_id`, `image_id`, `start_char`, `end_char`, `text`, and `why`,
        one of `WHY`. Characters outside every span of the lineage may only be blanks and
        punctuation.
    """
    rows = captions.select(
        "caption_id", "image_id", "text", "lineage", "recordings", "fixed"
    ).with_row_index("caption")
    spans = _spans(rows)
    images = narrations.select("recording_id", source_image="image_id")
    spans = spans.join(images, on="recording_id", how="left", maintain_order="left")
    claimed = _claimed(spans, _source_words(transcripts, narrations))
    written = _written(claimed, content_frame(Edits, []) if edits is None else edits)
    found = pl.concat([_unclaimed(rows, spans), _contradicted(claimed, written)])
    return (
        found.sort("caption_id", "start_char", "end_char", "why")
        .unique(["caption_id", "start_char", "end_char"], keep="first", maintain_order=True)
        .select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())
    )


def _spans(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a word of the lineage, with its span of the text, and `bad` if that is no span."""
    chars, start, end = pl.col("text").str.len_chars().cast(pl.Int64), "start_char", "end_char"
    ahead = pl.col(end).cum_max().shift(1).over("caption").fill_null(0)
    return (
        rows.filter(pl.col("lineage").list.len() > 0)
        .explode("lineage")
        .unnest("lineage")
        .with_columns(ahead=ahead)
        .with_columns(
            bad=(
                pl.col(start).is_null()
                | pl.col(end).is_null()
                | (pl.col(start) < pl.col("ahead"))
                | (pl.col(end) <= pl.col(start))
                | (pl.col(end) > chars)
            ),
        )
        .with_columns(part=_slice("text", pl.col(start), pl.col(end)))
    )


def _slice(text: str, start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """The characters from `start` up to, not with, `end`; nothing where they make no span."""
    first = start.fill_null(0).clip(lower_bound=0)
    return pl.col(text).str.slice(first, (end.fill_null(0) - first).clip(lower_bound=0))


def _unclaimed(rows: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """The text before, between and after the words of its lineage."""
    last = spans.group_by("caption").agg(start=pl.col("end_char").max())
    tails = rows.join(last, on="caption", how="left").select(
        "caption_id",
        "image_id",
        "text",
        start_char=pl.col("start").fill_null(0).clip(lower_bound=0),
        end_char=pl.col("text").str.len_chars().cast(pl.Int64),
    )
    ahead = spans.select(
        "caption_id", "image_id", "text", start_char="ahead", end_char="start_char"
    )
    gaps = (
        pl.concat([ahead, tails])
        .filter(pl.col("end_char") > pl.col("start_char"))
        .with_columns(text=_slice("text", pl.col("start_char"), pl.col("end_char")))
    )
    words = gaps.join(_plain_of(gaps["text"]), on="text", how="left").filter(pl.col("plain") != "")
    return words.select(
        "caption_id",
        "image_id",
        start_char=pl.col("start_char") + _edge("text", "start"),
        end_char=pl.col("end_char") - _edge("text", "end"),
        text=pl.col("text").str.strip_chars(),
        why=pl.lit("no_lineage"),
    )


def _edge(text: str, side: str) -> pl.Expr:
    """How many blanks the text has at one of its ends."""
    whole = pl.col(text).str.len_chars()
    bare = (
        pl.col(text).str.strip_chars_start if side == "start" else pl.col(text).str.strip_chars_end
    )
    return (whole - bare().str.len_chars()).cast(pl.Int64)


def _source_words(transcripts: pl.DataFrame, narrations: pl.DataFrame) -> pl.DataFrame:
    """One row a recognized word: when, and where the annotator pointed."""
    recognized = _words(transcripts.select("recording_id", "words"), "text", "start_ms", "end_ms")
    tied = _words(narrations.select("recording_id", "words"), "x_frac", "y_frac")
    return recognized.join(tied, on=["recording_id", "word"], how="left").select(
        "recording_id",
        "word",
        source="text",
        source_start="start_ms",
        source_end="end_ms",
        source_x="x_frac",
        source_y="y_frac",
    )


def _words(rows: pl.DataFrame, *fields: str) -> pl.DataFrame:
    return (
        rows.filter(pl.col("words").list.len() > 0)
        .with_columns(word=pl.int_ranges(pl.col("words").list.len()))
        .explode("words", "word")
        .select("recording_id", "word", *(pl.col("words").struct.field(name) for name in fields))
    )


def _claimed(spans: pl.DataFrame, source: pl.DataFrame) -> pl.DataFrame:
    """The words of the lineage joined with the words that they refer to."""
    claimed = spans.join(source, on=["recording_id", "word"], how="left", maintain_order="left")
    for text in ("part", "source"):
        named = _plain_of(claimed[text]).select(pl.all().name.prefix(f"{text}_"))
        claimed = claimed.join(
            named, left_on=text, right_on=f"{text}_text", how="left", maintain_order="left"
        )
    return claimed.with_row_index("span")


def _written(claimed: pl.DataFrame, edits: pl.DataFrame) -> pl.DataFrame:
    """The words that their annotator wrote in place of those: `span`, `allowed`.

    `allowed` is how many parts the annotator's text has: the word may occur that often.
    """
    changes = (
        edits.filter(pl.col("changes").list.len() > 0)
        .select("recording_id", change="changes")
        .explode("change")
        .unnest("change")
        .select("recording_id", "recognized", wrote="text", from_ms="start_ms", until_ms="end_ms")
    )
    claims = claimed.filter((pl.col("kind") == "edited") & pl.col("source").is_not_null())
    pairs = claims.join(changes, on="recording_id")
    for text in ("recognized", "wrote"):
        named = _plain_of(pairs[text]).select(pl.all().name.prefix(f"{text}_"))
        pairs = pairs.join(named, left_on=text, right_on=f"{text}_text", how="left")
    mark = (pl.col("recognized_plain") == "") & (pl.col("recognized") != pl.col("source"))
    near = ((pl.col("source_start") - pl.col("from_ms")).abs() <= NEAR_MS) & (
        (pl.col("source_end") - pl.col("until_ms")).abs() <= NEAR_MS
    )
    same = (pl.col("recognized_plain") == pl.col("source_plain")) & ~mark
    theirs = pairs.filter(near & same & _same("wrote"))
    return theirs.group_by("span").agg(allowed=pl.col("wrote_parts").list.len().max())


def _contradicted(claimed: pl.DataFrame, written: pl.DataFrame) -> pl.DataFrame:
    """The words whose lineage contradicts the source."""
    claimed = claimed.join(written, on="span", how="left", maintain_order="left")
    listed = pl.col("recording_id").is_in(pl.col("recordings")).fill_null(False)
    parts = pl.col("source_parts").list.len().clip(lower_bound=1)
    turn = pl.col("word").cum_count().over("caption", "recording_id", "word")
    by_annotator = pl.col("allowed").is_not_null()
    often = pl.when(by_annotator).then("allowed").otherwise(parts)
    mismatch = (
        pl.when(~listed | pl.col("source_image").ne_missing(pl.col("image_id")))
        .then(pl.lit("wrong_recording"))
        .when(pl.col("source").is_null() | ~(_same("source") | by_annotator))
        .then(pl.lit("wrong_word"))
        .when(_differs("start_ms", "source_start") | _differs("end_ms", "source_end"))
        .then(pl.lit("wrong_time"))
        .when(_differs("x_frac", "source_x") | _differs("y_frac", "source_y"))
        .then(pl.lit("wrong_place"))
        .when(turn > often).then(pl.lit("repeated"))
    )  # fmt: skip
    claims = pl.any_horizontal(pl.col(name).is_not_null() for name in _CLAIMS)
    why = (
        pl.when("bad").then(pl.lit("bad_span"))
        .when((pl.col("kind") == "edited") & by_annotator).then(mismatch)
        .when((pl.col("kind") == "edited") & ~pl.col("fixed")).then(pl.lit("not_reviewed"))
        .when((pl.col("kind") == "edited") & claims).then(pl.lit("claims_recording"))
        .when(pl.col("kind") == "spoken").then(mismatch)
        .when(pl.col("kind").ne_missing("edited")).then(pl.lit("synthetic"))
    )  # fmt: skip
    return (
        claimed.with_columns(why=why)
        .filter(pl.col("why").is_not_null())
        .select(
            "caption_id",
            "image_id",
            "start_char",
            "end_char",
            pl.col("part").alias("text"),
            "why",
        )
    )


def _same(word: str) -> pl.Expr:
    """Whether the text is this word, or one of its parts where it has blanks inside."""
    whole = pl.col("part_plain") == pl.col(f"{word}_plain")
    return whole | pl.col("part_plain").is_in(pl.col(f"{word}_parts")).fill_null(False)


def _differs(claim: str, source: str) -> pl.Expr:
    return pl.col(claim).ne_missing(pl.col(source))


def _plain_of(texts: pl.Series) -> pl.DataFrame:
    """Each different text once, with its normal form and those of its parts between blanks.

    There are few compared with all words.
    """
    different = texts.drop_nulls().unique()
    return pl.DataFrame(
        {
            "text": different,
            "plain": [normalize(text) for text in different],
            "parts": [[normalize(part) for part in text.split()] for text in different],
        },
        schema={"text": pl.String, "plain": pl.String, "parts": pl.List(pl.String)},
    )
