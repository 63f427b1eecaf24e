"""What an account that means harm sends, and whether any of it was let in.

A request is let in if it succeeds, if its answer tells a secret, or if anything at the server is
different afterwards.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.attack_counts import LET_IN, TRIED
from tests.e2e.studio.server import Studio

REFUSALS = frozenset({400, 401, 403, 404, 405, 409, 411, 413, 415, 416, 429, 431, 501})

VOLATILE = frozenset(
    {"updated_at", "last_activity", "activity_at", "last_login", "created_ago", "num_pending_tasks"}
)


@dataclass
class Attacks:
    """Attacks of one kind on one server.

    Attributes:
        secrets: What no answer may hold.
    """

    kind: str
    studio: Studio
    secrets: list[str] = field(default_factory=list)
    let_in: list[str] = field(default_factory=list)
    tried: int = 0

    def send(self, client: httpx.Client, method: str, address: str, **options: Any) -> None:
        """One attack: to be refused, and to tell nothing."""
        answer = client.request(method, address, **options)
        self.judge(f"{method} {address} {_short(options)}", answer)

    def judge(self, what: str, answer: httpx.Response, *, harmless: bool = False) -> None:
        """Count an attack. `harmless`: success is fine as long as no secret is told."""
        refused = answer.status_code in REFUSALS or _to_login(answer)
        if not (refused or harmless):
            self.fail(what, f"answered {answer.status_code}: {answer.text[:200]}")
        elif told := [secret for secret in self.secrets if secret in answer.text]:
            self.fail(what, f"tells {told[0]!r}")
        else:
            self.count()

    def count(self) -> None:
        """One attack that got nowhere."""
        self.tried += 1
        TRIED[self.kind] += 1

    def fail(self, what: str, how: str) -> None:
        """One attack that was let in."""
        self.count()
        LET_IN[self.kind] += 1
        self.let_in.append(f"{what}: {how}")

    def over(self, before: Any) -> None:
        """See that nothing was let in and that the server is as it was before."""
        after = snapshot(self.studio)
        if after != before:
            changed = [name for name in before if before[name] != after[name]]
            self.fail("all together", f"changed {changed}")
        print(f"{self.kind}: {self.tried} attacks, {len(self.let_in)} let in")
        if self.let_in:
            pytest.fail("let in:\n" + "\n".join(self.let_in))


def snapshot(studio: Studio) -> dict[str, Any]:
    """Everything that somebody could have changed, as an administrator sees it."""
    with studio.api() as api:
        projects = api.get("/api/projects/", params={"page_size": 1000}).json()["results"]
        found: dict[str, Any] = {"projects": projects}
        for name in ("users/", "webhooks/", "invite", "organizations/", "jwt/settings"):
            found[name] = api.get(f"/api/{name}").json()
        for project in projects:
            key, query = project["id"], {"project": project["id"], "fields": "all"}
            listed = api.get("/api/tasks/", params={**query, "page_size": 500}).json()
            found[f"tasks of {key}"] = listed["tasks"]
            found[f"views of {key}"] = api.get("/api/dm/views/", params={"project": key}).json()
            for name in ("storages/", "ml/"):
                of_it = api.get(f"/api/{name}", params={"project": key})
                found[f"{name} of {key}"] = of_it.json()
            uploads = api.get(f"/api/projects/{key}/file-uploads", params={"all": "true"})
            found[f"files of {key}"] = uploads.json()
    found["recordings"] = sorted(
        (path.name, path.stat().st_size) for path in studio.recordings.glob("*")
    )
    still: dict[str, Any] = json.loads(json.dumps(found), object_hook=_still)
    return still


def _still(value: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in value.items() if name not in VOLATILE}


def _to_login(answer: httpx.Response) -> bool:
    return answer.is_redirect and "/user/login/" in answer.headers["location"]


def _short(options: dict[str, Any]) -> str:
    return str({name: value for name, value in options.items() if name != "files"})[:150]
