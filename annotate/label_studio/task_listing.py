"""Listing a project's tasks page by page, by their ids: nothing is passed over meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotate.label_studio.connection import Connection


PAGE = 200
"""Tasks a page with annotations: about 1.5 MB."""

Condition = dict[str, Any]
"""One condition on tasks, as Label Studio's data manager wants it."""


def condition(column: str, operator: str, kind: str, value: Any) -> Condition:
    """A condition on a column of tasks."""
    return {
        "filter": f"filter:tasks:{column}",
        "operator": operator,
        "type": kind,
        "value": value,
    }


def tasks(
    connection: Connection, project: int, fields: str, conditions: Sequence[Condition] = ()
) -> Iterator[dict[str, Any]]:
    """The tasks that meet every condition, by id.

    Pages go by the last id seen and not by number, so that tasks that come, change or go
    meanwhile make none be passed over.

    Args:
        fields: `all`, or `task_only` for tasks without annotations and predictions.
    """
    last = 0
    while True:
        items = [condition("id", "greater", "Number", last), *conditions]
        query = {"filters": {"conjunction": "and", "items": items}, "ordering": ["tasks:id"]}
        reply = connection.get(
            "api/tasks/",
            {"project": project, "page_size": PAGE, "fields": fields, "query": json.dumps(query)},
        )
        yield from reply["tasks"]
        if reply["total"] <= len(reply["tasks"]) or not reply["tasks"]:
            return
        last = max(task["id"] for task in reply["tasks"])
