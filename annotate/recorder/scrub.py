"""Removes other people's data from Label Studio's responses to labellers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OTHERS = (
    "email",
    "first_name",
    "last_name",
    "username",
    "initials",
    "avatar",
    "phone",
    "last_activity",
)
"""Fields that are blanked in every account but the viewer's own."""
LISTS = {"annotations": "completed_by", "drafts": "user"}
"""Lists of annotations and drafts, and the key of their owner."""
SECRET_KEYS = frozenset({"created_username", "task_data_login", "task_data_password", "token"})
HIDDEN_DATA = frozenset({"gold", "recorded_by"})
"""Fields of a task's data for scoring annotators, or that identify them."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """The account that a response is for.

    Attributes:
        id: Its primary key.
        name: The account as text; Label Studio names the owner of a draft like that.
        predictions: Whether predictions stay: reviewers are shown them, annotators aren't.
    """

    id: int
    name: str
    predictions: bool


def scrub(value: Any, viewer: Viewer) -> Any:
    """The same value without the names, addresses and work of other accounts."""
    if isinstance(value, list | tuple):
        return [scrub(one, viewer) for one in value]
    if not isinstance(value, dict):
        return value
    foreign = "email" in value and value.get("id") != viewer.id
    return {
        name: _field(name, one, viewer, foreign)
        for name, one in value.items()
        if name not in SECRET_KEYS
    }


def _field(name: str, value: Any, viewer: Viewer, foreign: bool) -> Any:
    if foreign and name in OTHERS:
        return None if name in ("avatar", "last_activity") else ""
    if name in LISTS and isinstance(value, list | tuple):
        value = [one for one in value if _owner(one, LISTS[name]) in (viewer.id, viewer.name)]
    elif name == "predictions" and isinstance(value, list | tuple) and not viewer.predictions:
        return []
    elif name == "data" and isinstance(value, dict):
        return {key: one for key, one in value.items() if key not in HIDDEN_DATA}
    elif name == "columns" and isinstance(value, list | tuple):
        value = [one for one in value if not _hidden_column(one)]
    elif name == "children" and isinstance(value, list | tuple):
        return [one for one in value if one not in HIDDEN_DATA]
    return scrub(value, viewer)


def _owner(work: Any, key: str) -> Any:
    if not isinstance(work, dict):
        return None
    owner = work.get(key)
    return owner.get("id") if isinstance(owner, dict) else owner


def _hidden_column(column: Any) -> bool:
    return isinstance(column, dict) and column.get("id") in HIDDEN_DATA
