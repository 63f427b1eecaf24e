"""The record and the review project: created once, found by title, updated in place."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

from annotate.label_studio.connection import Connection
from annotate.label_studio.project_listing import Found, titled
from annotate.label_studio.protocol import MARK, Protocol, protocol_in, read_protocol
from annotate.model.errors import AnnotateError

RECORD_TITLE = "annotate: record"
REVIEW_TITLE = "annotate: review"

Outcome = Literal["created", "unchanged", "updated", "kept"]
"""`kept`: the configuration differs, but existing annotations don't fit ours: it is unchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project after the set-up, and what was changed."""

    id: int
    title: str
    outcome: Outcome


def record_config(protocol: Protocol) -> str:
    """The labelling configuration of the record project, with the protocol in it."""
    return f"{protocol.comment()}\n{_config('record')}"


def review_config() -> str:
    """The labelling configuration of the review project."""
    return _config("review")


def set_up(connection: Connection, protocol: Protocol | None = None) -> tuple[Project, Project]:
    """Create the record and the review project, or update them.

    Args:
        connection: To the server, authenticated as an account that may change projects.
        protocol: The recording protocol; None keeps the project's, or uses the default for a new
            project.

    Raises:
        AnnotateError: If the server can't be reached, or two projects share a title.
    """
    existing = find(connection, RECORD_TITLE)
    current = _current_protocol(existing) if existing and protocol is None else None
    record = _ensure(
        connection,
        RECORD_TITLE,
        existing,
        record_config(protocol or current or read_protocol()),
        {"description": "Look at the picture, talk about it and point.", "show_instruction": False},
    )
    review = _ensure(
        connection,
        REVIEW_TITLE,
        find(connection, REVIEW_TITLE),
        review_config(),
        {
            "description": "Read the caption, listen, then accept, fix or reject it.",
            "show_collab_predictions": True,
            "maximum_annotations": 1,
        },
    )
    return record, review


def _current_protocol(existing: Found) -> Protocol | None:
    """The project's protocol; None if it has none.

    Raises:
        AnnotateError: If it has an invalid one: the default would replace its consent text.
    """
    config = existing.label_config
    current = protocol_in(config)
    if current is None and MARK in config:
        raise AnnotateError(
            f"the protocol in the labelling configuration of project {existing.id} can't be read: "
            "correct it there, or give a complete one with --protocol"
        )
    return current


def find(connection: Connection, title: str) -> Found | None:
    """The project of exactly this title; None if there is none.

    Raises:
        AnnotateError: If there are several.
    """
    found = titled(connection, title)
    if len(found) > 1:
        ids = ", ".join(str(one.id) for one in found)
        raise AnnotateError(f"projects {ids} are all called {title!r}: rename all but one")
    return found[0] if found else None


def answers_per_image(connection: Connection, project: int, most: int) -> None:
    """Set the number of annotators per task to `most`; each annotates a task once."""
    wanted: dict[str, Any] = {"maximum_annotations": most, "overlap_cohort_percentage": 100}
    now = connection.read(lambda sdk: sdk.projects.get(project))
    if any(getattr(now, name) != value for name, value in wanted.items()):
        connection.write(lambda sdk: sdk.projects.update(project, **wanted))


def _ensure(
    connection: Connection,
    title: str,
    existing: Found | None,
    config: str,
    others: dict[str, Any],
) -> Project:
    if existing is None:
        made = connection.write(
            lambda sdk: sdk.projects.with_raw_response.create(
                title=title, label_config=config, **others
            )
        )
        return Project(id=made.response.json()["id"], title=title, outcome="created")
    if existing.label_config.strip() == config.strip():
        return Project(id=existing.id, title=title, outcome="unchanged")
    try:
        connection.write(lambda sdk: sdk.projects.update(existing.id, label_config=config))
    except AnnotateError as error:
        # Label Studio responds HTTP 400 if existing annotations don't fit the new configuration.
        if getattr(getattr(error.__cause__, "response", None), "status_code", None) != 400:
            raise
        return Project(id=existing.id, title=title, outcome="kept")
    return Project(id=existing.id, title=title, outcome="updated")


def _config(name: str) -> str:
    path = resources.files("annotate.label_studio") / "configs" / f"{name}.xml"
    return path.read_text("utf-8")
