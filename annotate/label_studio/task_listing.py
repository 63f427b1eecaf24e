"""Paged listing of a project's tasks by id, complete even if tasks change meanwhile."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from annotate.model.errors import AnnotateError

if TYPE_CHECKING:
    from annotate.label_studio.connection import Connection


PAGE = 200
"""Tasks per page; with annotations about 1.5 MB."""

Fields = Literal["all", "task_only"]

Condition = dict[str, Any]
"""One condition on tasks, in the format of Label Studio's data manager."""


def condition(column: str, operator: str, kind: str, value: Any) -> Condition:
    """A condition on a column of tasks."""
    return {
        "filter": f"filter:tasks:{column}",
        "operator": operator,
        "type": kind,
        "value": value,
    }


def tasks(
    connection: Connection, project: int, fields: Fields, conditions: Sequence[Condition] = ()
) -> Iterator[dict[str, Any]]:
    """The tasks that meet every condition, ordered by id.

    Each page starts after the last id of the previous one. With page numbers, tasks would be
    skipped when others are added, changed or deleted meanwhile.

    Args:
        fields: `all`, or `task_only` for tasks without annotations and predictions.
    """
    last = 0
    while True:
        items = [condition("id", "greater", "Number", last), *conditions]
        query = {"filters": {"conjunction": "and", "items": items}, "ordering": ["tasks:id"]}
        page = _page(connection, project, fields, json.dumps(query))
        yield from page["tasks"]
        if page["total"] <= len(page["tasks"]) or not page["tasks"]:
            return
        last = max(task["id"] for task in page["tasks"])


def _page(connection: Connection, project: int, fields: Fields, query: str) -> Any:
    return connection.read_json(
        lambda sdk: sdk.tasks.with_raw_response.list(
            project=project, page_size=PAGE, fields=fields, query=query
        )
    )


def remove_duplicates(connection: Connection, project: int, field: str) -> int:
    """Delete tasks that have the same value in a data field as an earlier task.

    Two processes that add the same tasks at the same time create duplicates, because Label Studio
    has no unique key for tasks. Each process calls this after adding its tasks, so the last call
    finds all duplicates. An annotated task isn't deleted.

    Returns:
        The number of tasks deleted by this call.
    """
    alike: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for task in tasks(connection, project, "task_only"):
        if isinstance(value := task["data"].get(field), str):
            alike[value].append(task)
    surplus: list[int] = []
    for several in alike.values():
        several.sort(key=lambda task: (not task.get("total_annotations"), task["id"]))
        surplus += [task["id"] for task in several[1:] if not task.get("total_annotations")]
    return sum(_delete(connection, task) for task in surplus)


def _delete(connection: Connection, task: int) -> bool:
    try:
        connection.write(lambda sdk: sdk.tasks.delete(str(task)))
    except AnnotateError as error:
        response = getattr(error.__cause__, "response", None)
        if getattr(response, "status_code", None) != 404:  # deleted by the other process
            raise
        return False
    return True
