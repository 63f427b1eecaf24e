"""Webhooks that notify our receiver of submissions by annotators and reviewers.

A webhook is only a hint: Label Studio sends it once and unsigned, and any member of the
organisation can read the secret header. So the receiver doesn't use its content; changes are read
from the server.
"""

from __future__ import annotations

from typing import Any, Literal

from annotate.label_studio.connection import Connection
from annotate.model.errors import AnnotateError

SECRET_HEADER = "X-Annotate-Secret"  # noqa: S105 - the name of a header
ACTIONS = ("ANNOTATION_CREATED", "ANNOTATION_UPDATED")

Outcome = Literal["created", "updated", "unchanged"]


def ensure_webhook(connection: Connection, project: int, url: str, secret: str) -> Outcome:
    """Register a project's webhook for submissions at `url`; idempotent.

    Raises:
        AnnotateError: If the server rejects the address: private ones are forbidden by default.
    """
    wanted: dict[str, Any] = {
        "url": url,
        "headers": {SECRET_HEADER: secret},
        "actions": sorted(ACTIONS),
        "send_payload": True,
        "send_for_all_actions": False,
        "is_active": True,
    }
    existing = [
        one
        for one in connection.read(lambda sdk: sdk.webhooks.list(project=str(project)))
        if one.project == project and one.url == url
    ]
    try:
        if not existing:
            connection.write(lambda sdk: sdk.webhooks.create(project=project, **wanted))
            return "created"
        now = {name: getattr(existing[0], name) for name in wanted}
        now["actions"] = sorted(now["actions"] or ())
        if now == wanted:
            return "unchanged"
        connection.write(lambda sdk: sdk.webhooks.update(existing[0].id, **wanted))
        return "updated"
    except AnnotateError as error:
        status = getattr(getattr(error.__cause__, "response", None), "status_code", None)
        if status not in (400, 403):
            raise
        raise AnnotateError(
            f"Label Studio rejects {url} as a webhook: it forbids private addresses except the one "
            "that annotate studio up was given with --webhook when the server was started"
        ) from error
