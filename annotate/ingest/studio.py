"""A Label Studio project as a source: `label-studio://PROJECT`, by its id or its title.

What annotators handed in is first listed into the table `submissions`: by the time of its last
change, from a little before the newest change seen so far. So a listing is short, may be cut off
anywhere, and sees everything at least once. The table then says what there is, like a manifest.
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
from annotate.ingest.manifest import ManifestRow, faults
from annotate.ingest.source import Item
from annotate.ingest.submission_sync import SubmissionSync
from annotate.label_studio.client import Studio
from annotate.model.consent import MISSING
from annotate.model.errors import AnnotateError, RejectedError
from annotate.model.ids import digest
from annotate.model.tables import Recordings, Submissions
from annotate.store.lake import Lake

OVERLAP = timedelta(minutes=10)
"""How far behind the newest change seen a listing begins. A change bears the time at which it was
made and is seen once it is stored, which may be a while later."""

# One slash as well: that is what is left of two in a path.
_SOURCE = re.compile(r"label-studio:/{1,2}([^/]+)/?")


def project_of(source: str) -> str | None:
    """The id or title that `label-studio://PROJECT` names; None for a source of another kind.

    Raises:
        AnnotateError: If it begins like one and names no project.
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
        studio: Who reads; must be allowed every recording of the project.
        project: Its id or title.
        max_bytes: No file may be larger.
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
        """What the project is called in the lake."""
        return f"label-studio/{urlsplit(self.studio.url).hostname}/{self.project}"

    def items(self, lake: Lake) -> Iterable[Item]:
        """Ask the server what has changed, then tell everything that was handed in.

        What was taken back is among it only if it has left recordings behind.
        """
        SubmissionSync(self.studio, self.project, self.place, lake).refresh(OVERLAP)
        handed_in = lake.current(Submissions).filter(pl.col("place") == self.place)
        ingested = lake.current(Recordings).select("source").unique()
        standing = handed_in.filter(~pl.col("withdrawn"))
        taken_back = handed_in.filter("withdrawn").join(ingested, on="source", how="semi")
        return _items(pl.concat([standing, taken_back]).sort("source").collect())

    def pick(self, lake: Lake, sources: Sequence[str]) -> Sequence[Item]:
        """The items of these names as the table has them."""
        only = pl.DataFrame({"source": list(sources)}, schema={"source": pl.String})
        found = {item.source: item for item in _items(lake.current(Submissions, only).collect())}
        return [found[source] for source in sources]

    def read(self, name: str, missing: str, max_bytes: int | None = None) -> bytes:
        """The bytes of a file at the server."""
        try:
            return self.studio.fetch(name, max_bytes or self.max_bytes)
        except RejectedError as refusal:
            if refusal.reason == "not_there":
                raise RejectedError(missing, refusal.detail) from refusal
            raise


def _items(rows: pl.DataFrame) -> Iterator[Item]:
    for row in rows.iter_rows(named=True):
        yield _item(row)


def name_at(address: str) -> str:
    """What the file at a path or URL of a server is called; empty if the address doesn't say."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.path.endswith("/local-files/"):  # files of the server's machine: ?d=FOLDER/NAME
        return PurePosixPath(parse_qs(parts.query).get("d", [""])[0]).name
    return unquote(PurePosixPath(parts.path).name)


def _described(row: dict[str, Any]) -> tuple[ManifestRow | None, str | None]:
    """The line as it was listed, or what is wrong with it: rules may have become stricter since."""
    if row["described"] is None:
        return None, row["error"]
    try:
        return ManifestRow.model_validate_json(row["described"]), row["error"]
    except ValidationError as error:
        return None, faults(error)


def _item(row: dict[str, Any]) -> Item:
    described, error = _described(row)
    names = ("described", "sha256", "image_sha256", "image_name", "error", "reason")
    content = [row[name] for name in names]
    edit = None if row["edit"] is None or row["withdrawn"] else read_edit(row["edit"])
    if edit is not None:
        content.append(row["edit"])
    # The time, too: something that was taken back and given again is to be looked at again.
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
