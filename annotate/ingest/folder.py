"""A folder as a source: its manifest lines, the hashes of their files, and safe reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from annotate.ingest.files import open_inside, read_at_most, resolved_folder, sha256_at_most
from annotate.ingest.manifest import NAME, ManifestLine, read_manifest
from annotate.ingest.naming import checked_name, default_name
from annotate.ingest.removed_items import resolve_removed
from annotate.ingest.source import Item
from annotate.model.consent import WITHDRAWN
from annotate.model.errors import RejectedError
from annotate.model.ids import digest
from annotate.store.lake import Lake


class Folder:
    """A folder with a `manifest.jsonl`.

    Args:
        path: The folder.
        max_bytes: A larger file is never read, and keyed by its size alone.
        name: Its name in the lake; by default its last path component and a hash of its whole
            path, so that the names of folders are unique.

    Raises:
        AnnotateError: If the folder can't be accessed, or the name is invalid.
    """

    def __init__(self, path: Path, max_bytes: int, name: str | None = None):
        self.path = path
        self.root = resolved_folder(path)
        self.max_bytes = max_bytes
        self.name = default_name(self.root) if name is None else checked_name(name)

    def items(self, lake: Lake) -> Iterable[Item]:
        """The manifest's lines in order. Rejections of lines that were removed are resolved.

        A moved folder is first rejected line by line, under a name with its new path. Once it is
        ingested under its earlier name, those rejections are obsolete.
        """
        resolve_removed(lake, f"{self.name}/", self._lines)
        if self.name != (unnamed := default_name(self.root)):
            resolve_removed(lake, f"{unnamed}/", ())
        return self._lines.values()

    def pick(self, lake: Lake, sources: Sequence[str]) -> Sequence[Item]:
        """The lines with these names."""
        return [self._lines[source] for source in sources]

    @cached_property
    def _lines(self) -> dict[str, Item]:
        """The manifest's lines by source, in order. Every named file is hashed, once."""
        return {item.source: item for item in self._read_items()}

    def _read_items(self) -> Iterator[Item]:
        seen: dict[str, int] = {}
        for line in read_manifest(self.path):
            if line.row is not None and line.row.recording in seen:
                first = seen[line.row.recording]
                error = f"{line.row.recording!r} stands on line {first} already"
                line = replace(line, row=None, error=error)
            if line.row is not None and line.row.recording.startswith(f"{NAME}:"):
                error = f"{line.row.recording!r} is what an unreadable line is called: rename it"
                line = replace(line, row=None, error=error)
            if line.row is not None:
                seen[line.row.recording] = line.number
            yield self._item(line)

    def _item(self, line: ManifestLine) -> Item:
        row = line.row
        named = (row.recording, row.image, row.trace) if row else (line.recording,)
        hashes = [self._hash(name) for name in named]
        described = row.model_dump(mode="json", exclude={"annotator"}) if row else line.error
        name = row.recording if row else f"{NAME}:{line.number}"
        return Item(
            source=f"{self.name}/{name}",
            place=self.name,
            annotator_id=line.annotator,
            input_key=digest(described, hashes if row else []),
            sha256=hashes[0],
            described=row,
            error=f"line {line.number} of {NAME}: {line.error}",
            withdrawn=bool(row and row.consent and row.consent.scope == WITHDRAWN),
            statement=line.statement,
            recording=line.recording and f"{self.name}/{line.recording}",
        )

    def read(self, name: str, missing: str, max_bytes: int | None = None) -> bytes:
        """The bytes of one of the folder's files.

        Raises:
            RejectedError: `bad_path` if the name leads out of the folder, `not_a_file`,
                `too_large`, or the reason `missing` if there is no such file.
        """
        with self._open(name, missing) as file:
            return read_at_most(file, max_bytes or self.max_bytes)

    def _open(self, name: str, missing: str) -> BinaryIO:
        return open_inside(self.root, name, missing)

    def _hash(self, name: str | None) -> str | None:
        """The SHA-256 of a file's bytes now; None where they can't or needn't be read."""
        if name is None:
            return None
        try:
            with self._open(name, "missing") as file:
                return sha256_at_most(file, self.max_bytes)
        except RejectedError:
            return None
