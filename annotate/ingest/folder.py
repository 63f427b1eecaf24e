"""A source folder: its lines, what their files hash to, and reading that never leaves it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from annotate.ingest.manifest import NAME, ManifestRow, read_manifest
from annotate.ingest.source import Item
from annotate.model.errors import RejectedError
from annotate.model.ids import digest
from annotate.store.lake import Lake


class Folder:
    """A folder with a `manifest.jsonl`.

    Args:
        path: The folder.
        max_bytes: A larger file is never read, and keyed by its size alone.
    """

    def __init__(self, path: Path, max_bytes: int):
        self.path = path
        self.root = path.resolve()
        self.max_bytes = max_bytes

    def items(self, lake: Lake) -> Iterable[Item]:
        """The manifest's lines in order."""
        return self._lines.values()

    def pick(self, lake: Lake, sources: Sequence[str]) -> Sequence[Item]:
        """The lines of these names."""
        return [self._lines[source] for source in sources]

    @cached_property
    def _lines(self) -> dict[str, Item]:
        """The manifest's lines by source, in order. Every named file is hashed, once."""
        return {item.source: item for item in self._read_items()}

    def _read_items(self) -> Iterator[Item]:
        seen: dict[str, int] = {}
        for line in read_manifest(self.path):
            row, error = line.row, line.error
            if row is not None and row.recording in seen:
                error = f"{row.recording!r} stands on line {seen[row.recording]} already"
                row = None
            if row is not None:
                seen[row.recording] = line.number
            yield self._item(line.number, row, error)

    def _item(self, number: int, row: ManifestRow | None, error: str | None) -> Item:
        hashes = [self._hash(name) for name in (row.recording, row.image, row.trace)] if row else []
        described = row.model_dump(mode="json") if row else error
        name = row.recording if row else f"{NAME}:{number}"
        return Item(
            source=f"{self.root.name}/{name}",
            input_key=digest(described, hashes),
            sha256=hashes[0] if hashes else None,
            described=row,
            error=f"line {number} of {NAME}: {error}",
        )

    def read(self, name: str, missing: str) -> bytes:
        """The bytes of one of the folder's files.

        Raises:
            RejectedError: `bad_path` if the name leads out of the folder, `too_large`, or the
                reason `missing` if there is no such file.
        """
        path = self._inside(name)
        try:
            if (size := path.stat().st_size) > self.max_bytes:
                raise RejectedError("too_large", f"{size} bytes, {self.max_bytes} are allowed")
            return path.read_bytes()
        except OSError as error:
            raise RejectedError(missing, f"cannot read {name}: {error.strerror}") from error

    def _inside(self, name: str) -> Path:
        try:
            path = (self.root / name).resolve()
        except (OSError, ValueError) as error:
            raise RejectedError("bad_path", f"{name!r} is not a path") from error
        if not path.is_relative_to(self.root):
            raise RejectedError("bad_path", f"{name!r} leads out of the folder")
        return path

    def _hash(self, name: str | None) -> str | None:
        """The SHA-256 of a file's bytes now; None where they can't or needn't be read."""
        if name is None:
            return None
        try:
            path = self._inside(name)
            if path.stat().st_size > self.max_bytes:
                return None
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except (RejectedError, OSError):
            return None
