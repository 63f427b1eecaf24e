"""Validation of annotations against the server's records of the uploaded recordings.

Label Studio lets clients write an annotation's content and its author. So an annotation only
identifies a recording, and is valid if that is its author's recording of its task. The annotator,
the consent, its time, and the hash of the bytes are taken from the server's record alone.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from annotate.ingest.edits import settle_edit
from annotate.ingest.manifest import ManifestRow, error_texts
from annotate.label_studio.mapping import Claim, Recorded, account_name
from annotate.label_studio.recorder_api import Record, Recorder
from annotate.model.errors import RejectedError, Rejection
from annotate.model.unexpected import is_unexpected, rejection

TAKEN_BACK = "consent_withdrawn"
"""The reason of a recording with an annotation whose consent was withdrawn."""

Row = dict[str, Any]


class Claims:
    """Validates the annotations of one project; safe to use from several threads."""

    def __init__(self, recorder: Recorder, project: int):
        self._recorder = recorder
        self._project = project

    def settle(self, one: Recorded, task: int) -> Row:
        """The columns of `submissions` that depend on the claim: the line, or the error.

        Raises:
            AnnotateError: If the server can't be reached.
        """
        try:
            if isinstance(one.claim, Rejection):
                raise RejectedError(one.claim.reason, one.claim.detail)
            record = self._recorder.record(one.claim.recording)
            _check(one, one.claim, record, self._project, task)
            edit = settle_edit(one, one.claim, record, self._recorder)
            return {**_nothing(one), **_described(one, record), "edit": edit}
        except RejectedError as error:
            return {**_nothing(one), "reason": error.reason, "error": error.detail}
        except BaseException as error:
            if not is_unexpected(error):
                raise
            unexpected = rejection(one.item, error)
            return {**_nothing(one), "reason": unexpected.reason, "error": unexpected.detail}


def _nothing(one: Recorded) -> Row:
    return {
        "withdrawn": False,
        "described": None,
        "sha256": None,
        "image_sha256": one.image_sha256,
        "image_name": one.image_name,
        "error": None,
        "reason": None,
        "edit": None,
    }


def _check(one: Recorded, claim: Claim, record: Record, project: int, task: int) -> None:
    """Check that the recording is this author's, of this task, and the one that was claimed.

    Raises:
        RejectedError: `foreign_recording` or `claim_mismatch`.
    """
    # A deleted account can't be compared any more; the record contains the account.
    if one.account is not None and one.account != record.user:
        detail = f"submitted by ls-{one.account}, but recorded by ls-{record.user}"
        raise RejectedError("foreign_recording", detail)
    if (record.project, record.task) != (project, task):
        detail = f"recorded for task {record.task} of project {record.project}"
        raise RejectedError("foreign_recording", f"{detail}, but submitted for task {task}")
    if (claim.recording, claim.sha256) != (record.recording, record.sha256):
        detail = f"the server has {record.recording} with the SHA-256 {record.sha256[:12]}…"
        raise RejectedError("claim_mismatch", f"{detail}, which isn't what was submitted")


def _described(one: Recorded, record: Record) -> Row:
    """The manifest line from the record."""
    path = f"/annotate/recordings/{record.recording}"
    try:
        line = ManifestRow.model_validate(
            {
                "recording": path,
                "trace": f"{path}/trace",
                "image": one.image,
                "annotator": account_name(record.user),
                **record.model_dump(
                    include={"client_ms", "prompts", "recorded_at", "language", "consent"}
                ),
            }
        )
    except ValidationError as error:
        raise RejectedError("invalid_row", error_texts(error)) from error
    return {
        "described": line.model_dump_json(),
        "sha256": record.sha256,
        "withdrawn": record.withdrawn,
        "reason": TAKEN_BACK if record.withdrawn else None,
    }
