"""One schema per table of the lake. A table bears its schema's name in lower case.

The primary key names a row; of several rows with one key the newest holds, by
`commit_version`. `step_key`, `written_at` and `commit_version` are the store's bookkeeping: a
step's `work` leaves them out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import dataframely as dy
import polars as pl

from annotate.model.consent import SCOPES, WITHDRAWN

STAMPED = ("written_at", "commit_version")
"""Columns that say when a row was written."""

BOOKKEEPING = ("step_key", *STAMPED)
"""Columns that the store fills in, and that say nothing about the content."""

SHA256 = r"^[0-9a-f]{64}$"
RECORDING = r"^rec_[0-9a-f]{16}$"
IMAGE = r"^img_[0-9a-f]{16}$"
CAPTION = r"^cap_[0-9a-f]{16}$"
REASON = r"^[a-z][a-z0-9_]*$"


def one_of(*values: str) -> dy.String:
    """A column of a few words. A plain string: Delta Lake's writer refuses polars' enums."""
    return dy.String(check=lambda column: column.is_in(values))


SPAN: dict[str, dy.Column] = {"start_ms": dy.Int64(min=0), "end_ms": dy.Int64(min=0)}
TRACE_POINT: dict[str, dy.Column] = {
    "x_frac": dy.Float64(),
    "y_frac": dy.Float64(),
    "t_ms": dy.Int64(min=0),
}
BOX: dict[str, dy.Column] = {
    name: dy.Float64() for name in ("x0_frac", "y0_frac", "x1_frac", "y1_frac")
}
LINEAGE: dict[str, dy.Column] = {
    "start_char": dy.Int64(min=0),
    "end_char": dy.Int64(min=1),
    "kind": one_of("spoken", "edited", "synthetic"),
    "recording_id": dy.String(nullable=True),
    **{name: dy.Int64(nullable=True) for name in ("word", "start_ms", "end_ms")},
    **{name: dy.Float64(nullable=True) for name in ("x_frac", "y_frac")},
}

JOINING: dict[str, dy.Column] = {
    "space_before": dy.Bool(nullable=True),
    "window": dy.Int64(nullable=True, min=0),
}
"""How a word joins the one before, and where it was recognized; null in rows of older lakes."""


class Table(dy.Schema):
    """What every table carries: which step's work, with which settings, and when.

    `commit_version` is the version of the Delta table's commit that added the row: it alone says
    which of two rows is newer. Null in rows from before there was this column, which are older.
    `written_at` is a wall clock's word, and for information.
    """

    step_key = dy.String()
    written_at = dy.Datetime(time_unit="us", time_zone="UTC")
    commit_version = dy.Int64(nullable=True, min=0)


class Images(Table):
    """The images described, content-addressed.

    `width` and `height` are those of the upright picture. The clean copy is what leaves the lake;
    rows of older versions have none.
    """

    image_id = dy.String(primary_key=True, regex=IMAGE)
    sha256 = dy.String(regex=SHA256)
    blob = dy.String()
    media_type = dy.String()
    bytes = dy.Int64(min=1)
    width = dy.Int64(min=1)
    height = dy.Int64(min=1)
    name = dy.String()
    clean_sha256 = dy.String(nullable=True, regex=SHA256)
    clean_blob = dy.String(nullable=True)
    clean_bytes = dy.Int64(nullable=True, min=1)


class Traces(Table):
    """The pointer's path and clicks of a recording; see `annotate.model.pointer.Trace`."""

    recording_id = dy.String(primary_key=True, regex=RECORDING)
    segments = dy.List(dy.List(dy.Struct(TRACE_POINT)))
    points = dy.List(dy.Struct(TRACE_POINT))


class Recordings(Table):
    """One annotator's audio of one image, as received.

    `duration_ms` is what decoding in full gave, `client_ms` what the recorder measured.
    `pcm_sha256` hashes the decoded samples: the same for a copy in another container. `filled_ms`
    is silence put where sound was missing; `track` and `used_channels`, counted from 1, are what
    was decoded. These three, and what is
    known of the trace (see `annotate.ingest.traces`), are null in rows older than the columns.
    """

    recording_id = dy.String(primary_key=True, regex=RECORDING)
    source = dy.String()
    image_id = dy.String(regex=IMAGE)
    annotator_id = dy.String()
    sha256 = dy.String(regex=SHA256)
    pcm_sha256 = dy.String(regex=SHA256)
    blob = dy.String()
    container = dy.String()
    codec = dy.String()
    bytes = dy.Int64(min=1)
    sample_rate = dy.Int64(min=1)
    channels = dy.Int64(min=1)
    track = dy.Int64(nullable=True, min=1)
    used_channels = dy.List(dy.Int64(min=1), nullable=True)
    duration_ms = dy.Int64(min=1)
    filled_ms = dy.Int64(nullable=True, min=0)
    client_ms = dy.Int64(nullable=True, min=0)
    clipped_frac = dy.Float64(min=0, max=1)
    peak_dbfs = dy.Float64()
    rms_dbfs = dy.Float64()
    trace_points = dy.Int64(nullable=True, min=0)
    trace_end_ms = dy.Int64(nullable=True, min=0)
    trace_outside_frac = dy.Float64(nullable=True, min=0, max=1)
    trace_extent_frac = dy.Float64(nullable=True, min=0)
    language = dy.String(nullable=True)
    prompts = dy.List(dy.Struct({"question": dy.String(), "t_ms": dy.Int64(min=0)}))
    recorded_at = dy.String(nullable=True)
    synthetic_voice = dy.Bool()


class Consents(Table):
    """What annotators agreed to about a recording, as sources say it: every statement is kept.

    `source` is a folder's name or a project on a server. What all statements about a recording
    come to is for `annotate.store.standing` to say, not for the newest row alone.
    """

    recording_id = dy.String(primary_key=True, regex=RECORDING)
    source = dy.String(primary_key=True)
    annotator_id = dy.String(primary_key=True)
    scope = one_of(*SCOPES)
    at = dy.String(nullable=True)
    statement = dy.String(nullable=True)

    @dy.rule()
    def consent_names_its_text(cls) -> pl.Expr:
        """Only where there is no consent any more nobody says what was agreed to."""
        return pl.col("statement").is_not_null() | (pl.col("scope") == WITHDRAWN)


class Submissions(Table):
    """What annotators handed in on a server that is asked again and again, as last seen there.

    `place` is the project. `described` is the manifest's line for it, as JSON, or null with what
    is wrong in `reason` and `error`. A withdrawn one was deleted, cancelled or taken back there.
    """

    source = dy.String(primary_key=True)
    place = dy.String()
    task = dy.Int64(min=0)
    updated_at = dy.Datetime(time_unit="us", time_zone="UTC")
    withdrawn = dy.Bool()
    described = dy.String(nullable=True)
    sha256 = dy.String(nullable=True, regex=SHA256)
    image_sha256 = dy.String(nullable=True, regex=SHA256)
    image_name = dy.String(nullable=True)
    error = dy.String(nullable=True)
    reason = dy.String(nullable=True, regex=REASON)


class Places(Table):
    """How far a project on a server has been read, by the newest change seen there."""

    place = dy.String(primary_key=True)
    seen_until = dy.Datetime(time_unit="us", time_zone="UTC")


class Transcripts(Table):
    """What the recognizer heard, with everything needed to reproduce it."""

    recording_id = dy.String(primary_key=True, regex=RECORDING)
    engine = dy.String()
    model = dy.String()
    model_sha256 = dy.String(regex=SHA256)
    options = dy.String()
    language = dy.String()
    duration_ms = dy.Int64(min=1)
    text = dy.String()
    segments = dy.List(
        dy.Struct(
            {
                **SPAN,
                "text": dy.String(),
                "avg_logprob": dy.Float64(),
                "no_speech_prob": dy.Float64(),
                "compression_ratio": dy.Float64(),
                "temperature": dy.Float64(),
            }
        )
    )
    words = dy.List(
        dy.Struct(
            {
                "text": dy.String(),
                **SPAN,
                "probability": dy.Float64(),
                "segment": dy.Int64(min=0),
                "interpolated": dy.Bool(),
                **JOINING,
            }
        )
    )
    speech = dy.List(dy.Struct(SPAN))
    speech_dbfs = dy.Float64(nullable=True)
    noise_dbfs = dy.Float64(nullable=True)
    transients_ms = dy.List(dy.Int64(min=0), nullable=True)

    @dy.rule()
    def words_within_recording(cls) -> pl.Expr:
        """Every word ends after it starts and inside the recording."""
        word = pl.element().struct.field
        sound = word("start_ms") <= word("end_ms")
        ends = pl.col("words").list.eval(word("end_ms")).list.max().fill_null(0)
        return pl.col("words").list.eval(sound).list.all() & (ends <= pl.col("duration_ms"))

    @dy.rule()
    def words_in_order(cls) -> pl.Expr:
        """No word starts before the one ahead of it has ended."""
        word = pl.element().struct.field
        gap = word("start_ms") - word("end_ms").shift(1, fill_value=0)
        return pl.col("words").list.eval(gap >= 0).list.all()


class Narrations(Table):
    """Transcripts whose words and phrases are tied to the image."""

    recording_id = dy.String(primary_key=True, regex=RECORDING)
    image_id = dy.String(regex=IMAGE)
    annotator_id = dy.String()
    words = dy.List(
        dy.Struct(
            {
                "text": dy.String(),
                **SPAN,
                "probability": dy.Float64(),
                "x_frac": dy.Float64(nullable=True),
                "y_frac": dy.Float64(nullable=True),
                "tie": one_of("click", "trace", "none"),
                **JOINING,
            }
        )
    )
    phrases = dy.List(
        dy.Struct(
            {
                "first_word": dy.Int64(min=0),
                "end_word": dy.Int64(min=1),
                "text": dy.String(),
                **SPAN,
                "x_frac": dy.Float64(nullable=True),
                "y_frac": dy.Float64(nullable=True),
                "box": dy.Struct(BOX, nullable=True),
                "tie": one_of("click", "trace", "none"),
                "confidence": dy.Float64(min=0, max=1),
            }
        )
    )


class Verdicts(Table):
    """What each check says of each recording."""

    recording_id = dy.String(primary_key=True, regex=RECORDING)
    check = dy.String(primary_key=True)
    status = one_of("pass", "flag", "reject")
    value = dy.Float64(nullable=True)
    threshold = dy.Float64()
    reason = dy.String(nullable=True, regex=REASON)
    detail = dy.String()

    @dy.rule()
    def doubt_has_a_reason(cls) -> pl.Expr:
        """Exactly the verdicts that aren't `pass` say why."""
        return (pl.col("status") == "pass") == pl.col("reason").is_null()


class Captions(Table):
    """The text offered for an image. An empty text means that nothing usable was said."""

    image_id = dy.String(primary_key=True, regex=IMAGE)
    caption_id = dy.String(regex=CAPTION)
    text = dy.String()
    lineage = dy.List(dy.Struct(LINEAGE))
    recordings = dy.List(dy.String())


class Reviews(Table):
    """A decision about a caption. `text` and `lineage` are what was decided on."""

    caption_id = dy.String(primary_key=True, regex=CAPTION)
    image_id = dy.String(regex=IMAGE)
    decision = one_of("accept", "fix", "reject")
    reviewer = dy.String()
    automatic = dy.Bool()
    seconds = dy.Float64(nullable=True, min=0)
    reasons = dy.List(dy.String())
    text = dy.String()
    lineage = dy.List(dy.Struct(LINEAGE))


class Gold(Table):
    """Images of which it is known what is true, mixed in among others to judge annotators by.

    Kept here and nowhere that annotators can see.
    """

    image_id = dy.String(primary_key=True, regex=IMAGE)
    sha256 = dy.String(regex=SHA256)


class Releases(Table):
    """The released versions; the files themselves lie in the lake's `releases/`.

    `release_sha256` covers every byte of a release; null where version 0.1 made it.
    """

    version = dy.String(primary_key=True)
    content_sha256 = dy.String(regex=SHA256)
    release_sha256 = dy.String(nullable=True, regex=SHA256)
    captions = dy.Int64(min=0)
    images = dy.Int64(min=0)
    recordings = dy.Int64(min=0)
    words = dy.Int64(min=0)


class Quarantine(Table):
    """What a step could not use, and why."""

    step = dy.String(primary_key=True)
    item = dy.String(primary_key=True)
    reason = dy.String(regex=REASON)
    detail = dy.String()


def table_name(table: type[Table]) -> str:
    """The table's name in the lake."""
    return table.__name__.lower()


def dtypes(table: type[Table]) -> dict[str, pl.DataType]:
    """The polars types of the table's columns, in order."""
    return {name: column.dtype for name, column in table.columns().items()}


def content_frame(table: type[Table], rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """The rows as a frame with the table's columns and types, bookkeeping left out."""
    schema = {name: kind for name, kind in dtypes(table).items() if name not in BOOKKEEPING}
    return pl.DataFrame(list(rows), schema=schema)
