"""Annotators' corrections of recognized words: from an annotation's claim to rows of `edits`.

An annotation only contains the indices of the corrected words and their replacements. The words,
their times and their recognizer are taken from the server's record of what it showed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import polars as pl
from pydantic import TypeAdapter

from annotate.ingest.source import Item
from annotate.label_studio.mapping import Claim, Recorded
from annotate.label_studio.recorder_api import Record, Recorder
from annotate.model.edit import Change, Edit
from annotate.model.errors import RejectedError
from annotate.model.ids import recording_id
from annotate.model.tables import Edits, Table, content_frame
from annotate.store.lake import Lake

FOREIGN = "foreign_edit"
"""The reason of an annotation whose words another account has corrected."""

_JSON = TypeAdapter(Edit)


def settle_edit(one: Recorded, claim: Claim, record: Record, recorder: Recorder) -> str | None:
    """The edit of a claim, as JSON; None if it changes nothing.

    Raises:
        RejectedError: `foreign_edit`, if another account has changed it last; `claim_mismatch`, if
            it is of words that weren't shown.
        AnnotateError: If the server can't be reached.
    """
    if claim.edit is None or not claim.edit.changes:
        return None
    if one.changed_by is not None and one.changed_by != record.user:
        detail = f"changed last by ls-{one.changed_by}: only ls-{record.user} may correct the words"
        raise RejectedError(FOREIGN, detail)
    shown = recorder.shown(claim.recording)
    words = () if shown is None else shown.words
    if shown is None or claim.edit.changes[-1].word >= len(words):
        detail = f"word {claim.edit.changes[-1].word} was corrected, and {len(words)} were shown"
        raise RejectedError("claim_mismatch", detail)
    changes = tuple(
        Change(
            word=change.word,
            start_ms=words[change.word].start_ms,
            end_ms=words[change.word].end_ms,
            recognized=words[change.word].text,
            text=change.text,
        )
        for change in claim.edit.changes
        if change.text != words[change.word].text
    )
    if not changes:
        return None
    edit = Edit(
        engine=shown.engine,
        model=shown.model,
        model_sha256=shown.model_sha256,
        edited_at=one.updated_at,
        changes=changes,
    )
    return _JSON.dump_json(edit).decode()


def read_edit(text: str) -> Edit:
    """The edit from the JSON of `settle_edit`."""
    return _JSON.validate_json(text)


class Corrections:
    """Rows of `edits` for the items of one shard, based on earlier edits."""

    def __init__(self, lake: Lake, items: Sequence[Item]):
        ids = [recording_id(one.sha256) for one in items if one.replaces and one.sha256]
        self._earlier = content_frame(Edits, [])
        if ids:  # folders have no edits, so the table needn't be read
            only = pl.DataFrame({"recording_id": ids}, schema={"recording_id": pl.String})
            found = lake.current(Edits, only).filter(pl.col("changes").list.len() > 0)
            self._earlier = found.select(self._earlier.columns).collect()

    def rows(self, item: Item, recording: str) -> tuple[tuple[type[Table], pl.DataFrame], ...]:
        """The row of a recording's edit; without changes if an earlier edit was withdrawn."""
        if item.edit is not None:
            edit = asdict(item.edit)
            about = {"recording_id": recording, "source": item.source}
            row = {**about, "annotator_id": item.annotator_id, **edit}
            return ((Edits, content_frame(Edits, [row])),)
        earlier = self._earlier.filter(pl.col("recording_id") == recording)
        if earlier.is_empty():
            return ()
        nothing = pl.lit([], dtype=earlier.schema["changes"])
        return ((Edits, earlier.with_columns(changes=nothing)),)
