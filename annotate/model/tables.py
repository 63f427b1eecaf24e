"""One schema per table of the lake. A table's name is its schema's name in lower case.

The primary key identifies a row; of several rows with one key the newest is valid, by
`commit_version`. `step_key`, `written_at` and `commit_version` are the store's bookkeeping: a
step's `work` leaves them out.
"""

from __future__ import annotations

import dataframely as dy
import polars as pl

from annotate.model.consent import SCOPES, WITHDRAWN
from annotate.model.table import BOOKKEEPING as BOOKKEEPING
from annotate.model.table import (
    CAPTION,
    CHANGE,
    IMAGE,
    PHRASE,
    RECORDING,
    SEGMENT,
    SHA256,
    SPAN,
    TIED_WORD,
    TRACE_POINT,
    WORD,
    one_of,
)
from annotate.model.table import LINEAGE as LINEAGE
from annotate.model.table import REASON as REASON
from annotate.model.table import STAMPED as STAMPED
from annotate.model.table import Table as Table
from annotate.model.table import content_frame as content_frame
from annotate.model.table import dtypes as dtypes
from annotate.model.table import table_name as table_name


class Images(Table):
    """The images described, content-addressed.

    `width` and `height` are those of the upright image. The clean copy, without metadata, is what
    is published and released; rows of older versions have none.
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

    `duration_ms` is the duration after decoding in full, `client_ms` the one that the recorder
    measured. `pcm_sha256` hashes the decoded samples: it is the same for a copy in another
    container. `filled_ms` is the silence inserted where sound was missing; `track` and
    `used_channels`, counted from 1, are the decoded track and channels. These three, and the trace
    columns (see `annotate.ingest.traces`), are null in rows older than the columns. So is the clean
    copy, which is what is released.
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
    clean_sha256 = dy.String(nullable=True, regex=SHA256)
    clean_blob = dy.String(nullable=True)
    clean_bytes = dy.Int64(nullable=True, min=1)


class Consents(Table):
    """Consent statements about recordings, as recorded in the sources; every statement is stored.

    `source` is a folder's name or a project on a server. The consent in force follows from all
    statements about a recording, not from the newest row alone; see `annotate.store.standing`.
    """

    recording_id = dy.String(primary_key=True, regex=RECORDING)
    source = dy.String(primary_key=True)
    annotator_id = dy.String(primary_key=True)
    scope = one_of(*SCOPES)
    at = dy.String(nullable=True)
    statement = dy.String(nullable=True)

    @dy.rule()
    def consent_names_its_text(cls) -> pl.Expr:
        """Only a withdrawn consent may lack the id of the text agreed to."""
        return pl.col("statement").is_not_null() | (pl.col("scope") == WITHDRAWN)


class Submissions(Table):
    """Annotators' submissions on a server that is polled, in their last known state.

    `place` is the project. `described` is the manifest line of the submission, as JSON, or null
    with the error in `reason` and `error`. `edit` is its annotator's correction, as JSON. A
    withdrawn submission was deleted, cancelled or withdrawn on the server.
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
    edit = dy.String(nullable=True)


class Edits(Table):
    """Annotators' corrections of recognized words; see `annotate.model.edit.Edit`.

    `source` is the annotation that contains it. A row without changes means that the annotator
    withdrew the corrections.
    """

    recording_id = dy.String(primary_key=True, regex=RECORDING)
    source = dy.String()
    annotator_id = dy.String()
    edited_at = dy.Datetime(time_unit="us", time_zone="UTC")
    engine = dy.String()
    model = dy.String()
    model_sha256 = dy.String(regex=SHA256)
    changes = dy.List(dy.Struct(CHANGE))


class Places(Table):
    """Sync cursor of each project on a server: time of the newest change read there."""

    place = dy.String(primary_key=True)
    seen_until = dy.Datetime(time_unit="us", time_zone="UTC")


class Transcripts(Table):
    """Transcripts, with everything needed to reproduce them."""

    recording_id = dy.String(primary_key=True, regex=RECORDING)
    engine = dy.String()
    model = dy.String()
    model_sha256 = dy.String(regex=SHA256)
    options = dy.String()
    language = dy.String()
    duration_ms = dy.Int64(min=1)
    text = dy.String()
    segments = dy.List(dy.Struct(SEGMENT))
    words = dy.List(dy.Struct(WORD))
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
        """No word starts before the previous one has ended."""
        word = pl.element().struct.field
        gap = word("start_ms") - word("end_ms").shift(1, fill_value=0)
        return pl.col("words").list.eval(gap >= 0).list.all()


class Narrations(Table):
    """Transcripts whose words and phrases are grounded in the image.

    `text` of a word is what was recognized, `edited` its annotator's replacement. `edits_lost`
    counts the corrections of words that this transcript does not contain; null if the annotator
    corrected nothing.
    """

    recording_id = dy.String(primary_key=True, regex=RECORDING)
    image_id = dy.String(regex=IMAGE)
    annotator_id = dy.String()
    words = dy.List(dy.Struct(TIED_WORD))
    phrases = dy.List(dy.Struct(PHRASE))
    edits_lost = dy.Int64(nullable=True, min=0)


class Verdicts(Table):
    """Result of each check for each recording."""

    recording_id = dy.String(primary_key=True, regex=RECORDING)
    check = dy.String(primary_key=True)
    status = one_of("pass", "flag", "reject")
    value = dy.Float64(nullable=True)
    threshold = dy.Float64()
    reason = dy.String(nullable=True, regex=REASON)
    detail = dy.String()

    @dy.rule()
    def doubt_has_a_reason(cls) -> pl.Expr:
        """Exactly the verdicts other than `pass` have a reason."""
        return (pl.col("status") == "pass") == pl.col("reason").is_null()


class Captions(Table):
    """The caption of an image. An empty text means that nothing usable was said."""

    image_id = dy.String(primary_key=True, regex=IMAGE)
    caption_id = dy.String(regex=CAPTION)
    text = dy.String()
    lineage = dy.List(dy.Struct(LINEAGE))
    recordings = dy.List(dy.String())


class Reviews(Table):
    """A decision on a caption. `text` and `lineage` are those that the decision applies to."""

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
    """Images with a known description, mixed in among others to assess annotators.

    Stored only here, where annotators have no access.
    """

    image_id = dy.String(primary_key=True, regex=IMAGE)
    sha256 = dy.String(regex=SHA256)


class Releases(Table):
    """The released versions; the files themselves are in the lake's `releases/`.

    `release_sha256` covers every byte of a release; null for releases of version 0.1.
    """

    version = dy.String(primary_key=True)
    content_sha256 = dy.String(regex=SHA256)
    release_sha256 = dy.String(nullable=True, regex=SHA256)
    captions = dy.Int64(min=0)
    images = dy.Int64(min=0)
    recordings = dy.Int64(min=0)
    words = dy.Int64(min=0)


class Quarantine(Table):
    """Items that a step could not use, and why."""

    step = dy.String(primary_key=True)
    item = dy.String(primary_key=True)
    reason = dy.String(regex=REASON)
    detail = dy.String()
