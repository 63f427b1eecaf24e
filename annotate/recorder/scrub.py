"""What Label Studio's answers say of other people, taken out for labellers."""

from __future__ import annotations

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
"""What is blanked in every account but one's own."""
LISTS = {"annotations": "completed_by", "drafts": "user"}
"""Lists of work, and the key that holds whose it is."""
SECRET_KEYS = frozenset({"created_username", "task_data_login", "task_data_password", "token"})
HIDDEN_DATA = frozenset({"gold", "recorded_by"})
"""Fields of a task's data with which annotators are judged, or that say who they are."""


def scrub(value: Any, user: int, predictions: bool) -> Any:
    """The same value without others' names, addresses and work.

    Args:
        user: Whose work and name stay.
        predictions: Whether predictions stay: reviewers are shown them, annotators aren't.
    """
    if isinstance(value, list | tuple):
        return [scrub(one, user, predictions) for one in value]
    if not isinstance(value, dict):
        return value
    foreign = "email" in value and value.get("id") != user
    return {
        name: _field(name, one, user, predictions, foreign)
        for name, one in value.items()
        if name not in SECRET_KEYS
    }


def _field(name: str, value: Any, user: int, predictions: bool, foreign: bool) -> Any:
    if foreign and name in OTHERS:
        return None if name in ("avatar", "last_activity") else ""
    if name in LISTS and isinstance(value, list | tuple):
        value = [one for one in value if _owner(one, LISTS[name]) == user]
    elif name == "predictions" and isinstance(value, list | tuple) and not predictions:
        return []
    elif name == "data" and isinstance(value, dict):
        return {key: one for key, one in value.items() if key not in HIDDEN_DATA}
    elif name == "columns" and isinstance(value, list | tuple):
        value = [one for one in value if not _hidden_column(one)]
    elif name == "children" and isinstance(value, list | tuple):
        return [one for one in value if one not in HIDDEN_DATA]
    return scrub(value, user, predictions)


def _owner(work: Any, key: str) -> Any:
    if not isinstance(work, dict):
        return None
    owner = work.get(key)
    return owner.get("id") if isinstance(owner, dict) else owner


def _hidden_column(column: Any) -> bool:
    return isinstance(column, dict) and column.get("id") in HIDDEN_DATA
