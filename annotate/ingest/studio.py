"""A Label Studio project as a source: `label-studio://PROJECT`, by its id or its title.

Submissions are first listed into the table `submissions`, by the time of their last change, from a
little before the newest change seen so far. So a listing is short, may be interrupted at any point,
and reads every change at least once. The table is then used like a manifest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import polars as pl
from pydantic import ValidationError

from annotate.ingest.edits import read_edit
from annotate.ingest.manifest import ManifestRow, error_texts
from annotate.ingest.source import Item
from annotate.ingest.submission_sync import SubmissionSync
from annotate.label_studio.client import Studio
from annotate.model.consent import MISSING
from annotate.model.errors import AnnotateError, RejectedError
from annotate.model.ids import digest
from annotate.model.tables import Recordings, Submissions
from annotate.store.lake import Lake

OVERLAP = timedelta(minutes=10)
"""How long before the newest change seen a listing starts. A change has the time at which it was
made, but is visible only once it is stored, which may be later."""

# One slash is allowed too: normalizing a path reduces two to one.
_SOURCE = re.compile(r"label-studio:/{1,2}([^/]+)/?")


def project_of(source: str) -> str | None:
    """The id or title in `label-studio://PROJECT`; None for a source of another kind.

    Raises:
        AnnotateError: If it starts with `label-studio:` and names no project.
    """
    if not source.startswith("label-studio:"):
        return None
    match = _SOURCE.fullmatch(source)
    if match is None:
        raise AnnotateError(
            f"{source} names no project: write label-studio://ID or label-studio://TITLE, "
            "with %20 for a space and %2F for a slash"
        )
    return unquote(match[1])


class StudioSource:
    """The recordings of one Label Studio project.

    Args:
        studio: The client; it must have access to every recording of the project.
        project: Its id or title.
        max_bytes: Largest size of a file.
    """

    def __init__(self, studio: Studio, project: str, max_bytes: int):
        self.studio = studio
        self.max_bytes = max_bytes
        self._project = project

    @cached_property
    def project(self) -> int:
        """The project's id."""
        return self.studio.project(self._project)

    @property
    def place(self) -> str:
        """The project's name in the lake."""
        return f"label-studio/{urlsplit(self.studio.url).hostname}/{self.project}"

    def items(self, lake: Lake) -> Iterable[Item]:
        """Sync with the server, then return every submission.

        Withdrawn submissions are returned only if the lake has recordings of them.
        """
        SubmissionSync(self.studio, self.project, self.place, lake).refresh(OVERLAP)
        submitted = lake.current(Submissions).filter(pl.col("place") == self.place)
        ingested = lake.current(Recordings).select("source").unique()
        valid = submitted.filter(~pl.col("withdrawn"))
        withdrawn = submitted.filter("withdrawn").join(ingested, on="source", how="semi")
        return _items(pl.concat([valid, withdrawn]).sort("source").collect())

    def pick(self, lake: Lake, sources: Sequence[str]) -> Sequence[Item]:
        """The items with these names, from the table."""
        only = pl.DataFrame({"source": list(sources)}, schema={"source": pl.String})
        found = {item.source: item for item in _items(lake.current(Submissions, only).collect())}
        return [found[source] for source in sources]

    def read(self, name: str, missing: str, max_bytes: int | None = None) -> bytes:
        """The bytes of a file on the server."""
        try:
            return self.studio.fetch(name, max_bytes or self.max_bytes)
        except RejectedError as error:
            if error.reason == "not_there":
                raise RejectedError(missing, error.detail) from error
            raise


def _items(rows: pl.DataFrame) -> Iterator[Item]:
    for row in rows.iter_rows(named=True):
        yield _item(row)


def name_at(address: str) -> str:
    """The file name in a path or URL of a server; empty if there is none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.path.endswith("/local-files/"):  # files on the server's machine: ?d=FOLDER/NAME
        return PurePosixPath(parse_qs(parts.query).get("d", [""])[0]).name
    return unquote(PurePosixPath(parts.path).name)


def _described(row: dict[str, Any]) -> tuple[ManifestRow | None, str | None]:
    """The line as it was listed, or its error: rules may have become stricter since."""
    if row["described"] is None:
        return None, row["error"]
    try:
        return ManifestRow.model_validate_json(row["described"]), row["error"]
    except ValidationError as error:
        return None, error_texts(error)


def _item(row: dict[str, Any]) -> Item:
    described, error = _described(row)
    names = ("described", "sha256", "image_sha256", "image_name", "error", "reason")
    content = [row[name] for name in names]
    edit = None if row["edit"] is None or row["withdrawn"] else read_edit(row["edit"])
    if edit is not None:
        content.append(row["edit"])
    # The time is included, so that an item that was withdrawn and restored is processed again.
    moment = row["updated_at"].isoformat()
    agreed = described.consent.as_statement() if described and described.consent else None
    return Item(
        source=row["source"],
        place=row["place"],
        annotator_id=described.annotator if described else None,
        input_key=digest("withdrawn" if row["withdrawn"] else moment, content),
        sha256=row["sha256"],
        described=described,
        error=error,
        reason=row["reason"],
        image_sha256=row["image_sha256"],
        image_name=row["image_name"] or (described and name_at(described.image)) or None,
        replaces=True,
        withdrawn=row["withdrawn"],
        statement=MISSING if row["withdrawn"] else agreed,
        edit=edit,
    )
