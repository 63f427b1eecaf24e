"""Webhooks: what tells our receiver that an annotator or a reviewer has handed something in.

A hint and no more: Label Studio sends it once, unsigned, and lets any member of the organisation
read the secret header. So the receiver uses nothing of its content, and reads what has changed from
the server.
"""

from __future__ import annotations

from typing import Any, Literal

from annotate.label_studio.connection import Connection
from annotate.model.errors import AnnotateError

SECRET_HEADER = "X-Annotate-Secret"  # noqa: S105 - the name of a header
ACTIONS = ("ANNOTATION_CREATED", "ANNOTATION_UPDATED")

Outcome = Literal["created", "updated", "unchanged"]


def ensure_webhook(connection: Connection, project: int, url: str, secret: str) -> Outcome:
    """Have a project tell `url` of what is handed in; once, however often this is called.

    Raises:
        AnnotateError: If the server refuses the address: private ones are barred by default.
    """
    wanted: dict[str, Any] = {
        "url": url,
        "headers": {SECRET_HEADER: secret},
        "actions": sorted(ACTIONS),
        "send_payload": True,
        "send_for_all_actions": False,
        "is_active": True,
    }
    there = [
        one
        for one in connection.read(lambda sdk: sdk.webhooks.list(project=str(project)))
        if one.project == project and one.url == url
    ]
    try:
        if not there:
            connection.write(lambda sdk: sdk.webhooks.create(project=project, **wanted))
            return "created"
        now = {name: getattr(there[0], name) for name in wanted}
        now["actions"] = sorted(now["actions"] or ())
        if now == wanted:
            return "unchanged"
        connection.write(lambda sdk: sdk.webhooks.update(there[0].id, **wanted))
        return "updated"
    except AnnotateError as error:
        status = getattr(getattr(error.__cause__, "response", None), "status_code", None)
        if status not in (400, 403):
            raise
        raise AnnotateError(
            f"Label Studio refuses {url} as a webhook: it bars private addresses, but for the one "
            "that annotate studio up was given with --webhook when the server was started"
        ) from error
