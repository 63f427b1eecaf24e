"""A source folder: its lines, what their files hash to, and reading that never leaves it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from annotate.ingest.gone import resolve_gone
from annotate.ingest.manifest import NAME, Line, read_manifest
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
    """

    def __init__(self, path: Path, max_bytes: int):
        self.path = path
        self.root = path.resolve()
        self.max_bytes = max_bytes

    def items(self, lake: Lake) -> Iterable[Item]:
        """The manifest's lines in order. Refusals of lines that are gone are resolved."""
        resolve_gone(lake, f"{self.root.name}/", self._lines)
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
            if line.row is not None and line.row.recording in seen:
                first = seen[line.row.recording]
                error = f"{line.row.recording!r} stands on line {first} already"
                line = replace(line, row=None, error=error)
            if line.row is not None:
                seen[line.row.recording] = line.number
            yield self._item(line)

    def _item(self, line: Line) -> Item:
        row = line.row
        named = (row.recording, row.image, row.trace) if row else (line.recording,)
        hashes = [self._hash(name) for name in named]
        described = row.model_dump(mode="json") if row else line.error
        name = row.recording if row else f"{NAME}:{line.number}"
        place = self.root.name
        return Item(
            source=f"{place}/{name}",
            place=place,
            annotator_id=line.annotator,
            input_key=digest(described, hashes if row else []),
            sha256=hashes[0],
            described=row,
            error=f"line {line.number} of {NAME}: {line.error}",
            withdrawn=bool(row and row.consent and row.consent.scope == WITHDRAWN),
            statement=line.statement,
            recording=line.recording and f"{place}/{line.recording}",
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
