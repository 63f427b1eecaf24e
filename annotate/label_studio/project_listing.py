"""Search for projects by title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotate.label_studio.connection import Connection

PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A project as the server lists it."""

    id: int
    label_config: str


def titled(connection: Connection, title: str) -> list[Found]:
    """The projects of exactly this title.

    Raises:
        AnnotateError: If the server can't be reached or rejects the request.
    """
    found: list[Found] = []
    page, total = 1, 1
    while (page - 1) * PAGE < total:
        listed = _page(connection, title, page)
        # The server's filter matches any title that contains the given one.
        found += [
            Found(id=one["id"], label_config=one.get("label_config", ""))
            for one in listed["results"]
            if one["title"] == title
        ]
        page, total = page + 1, listed["count"]
    return found


def _page(connection: Connection, title: str, page: int) -> Any:
    # By page number: the SDK's own iteration sends a request past the last page and gets HTTP 404.
    return connection.read_json(
        lambda sdk: sdk.projects.with_raw_response.list(title=title, page=page, page_size=PAGE)
    )
