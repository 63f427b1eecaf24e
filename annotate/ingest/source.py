"""The interface between where recordings come from and the stage that ingests them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from annotate.ingest.manifest import ManifestRow
from annotate.model.consent import Statement
from annotate.model.edit import Edit
from annotate.model.errors import RejectedError
from annotate.store.lake import Lake


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One recording that a source has to offer.

    Attributes:
        source: What it is called in the lake: the source's name and what it is called there.
        place: The source's name.
        annotator_id: Who recorded it, as the lake calls them; None when that can't be made out.
        input_key: Changes when its description or any of its files changes.
        sha256: What its audio's bytes must hash to; None when that isn't known.
        described: The line that describes it; None when it can't be used, and `reason` and `error`
            say why.
        image_sha256: What its image's bytes must hash to; None when that isn't known.
        image_name: What the image is called; None when its path says that.
        replaces: Whether new audio under this name takes the place of what came before.
        withdrawn: Whether it was taken back: what came of it is then no longer used.
        statement: What it says about consent; None when that can't be made out.
        recording: What a line that can't be used calls its recording in the lake, if it does.
        edit: What its annotator corrected in what was recognized; None if nothing.
    """

    source: str
    place: str
    annotator_id: str | None
    input_key: str
    sha256: str | None
    described: ManifestRow | None
    error: str | None = None
    reason: str | None = None
    image_sha256: str | None = None
    image_name: str | None = None
    replaces: bool = False
    withdrawn: bool = False
    statement: Statement | None = None
    recording: str | None = None
    edit: Edit | None = None

    @property
    def concerns(self) -> str:
        """What the recording that it speaks of is called in the lake."""
        return self.recording or self.source

    def row(self) -> ManifestRow:
        """The line as described.

        Raises:
            RejectedError: `invalid_row` or another `reason`, if it can't be used.
        """
        if self.described is None:
            detail = self.error or "nothing is known of it"
            raise RejectedError(self.reason or "invalid_row", detail)
        return self.described


class Source(Protocol):
    """Something that recordings come from."""

    def items(self, lake: Lake) -> Iterable[Item]:
        """Everything that it has to offer now."""

    def pick(self, lake: Lake, sources: Sequence[str]) -> Sequence[Item]:
        """The items of these names, in this order, as they were listed last."""

    def read(self, name: str, missing: str, max_bytes: int | None = None) -> bytes:
        """The bytes of one of the files that a described line names.

        Args:
            max_bytes: No more are read; by default no more than a recording may have.

        Raises:
            RejectedError: The reason `missing` if there is no such file, or another if it may
                not be read.
        """
