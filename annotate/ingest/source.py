"""The interface between sources of recordings and the stage that ingests them."""

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
    """One recording of a source.

    Attributes:
        source: Its name in the lake: the source's name and the item's name there.
        place: The source's name.
        annotator_id: The annotator's name or pseudonym; None if unknown.
        input_key: Changes when its description or any of its files changes.
        sha256: Expected SHA-256 of its audio's bytes; None if unknown.
        described: The line that describes it; None when it is invalid, with the cause in `reason`
            and `error`.
        image_sha256: Expected SHA-256 of its image's bytes; None if unknown.
        image_name: The image's name; None if it is that of its path.
        replaces: Whether new audio under this name replaces the earlier audio.
        withdrawn: Whether it was withdrawn: its recordings are then no longer used.
        statement: Its consent statement; None if it can't be parsed.
        recording: Name in the lake of the recording that an invalid line names, if it does.
        edit: Its annotator's corrections of recognized words; None without any.
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
        """Name in the lake of the recording that it is about."""
        return self.recording or self.source

    def row(self) -> ManifestRow:
        """The line as described.

        Raises:
            RejectedError: `invalid_row` or another `reason`, if it is invalid.
        """
        if self.described is None:
            detail = self.error or "it has no description"
            raise RejectedError(self.reason or "invalid_row", detail)
        return self.described


class Source(Protocol):
    """A source of recordings."""

    def items(self, lake: Lake) -> Iterable[Item]:
        """All items that it contains now."""

    def pick(self, lake: Lake, sources: Sequence[str]) -> Sequence[Item]:
        """The items with these names, in this order, as listed last."""

    def read(self, name: str, missing: str, max_bytes: int | None = None) -> bytes:
        """The bytes of one of the files that a described line names.

        Args:
            max_bytes: Largest size; by default that of a recording.

        Raises:
            RejectedError: The reason `missing` if there is no such file, or another if it may
                not be read.
        """
