"""Requests of a malicious client, and a count of those that were let in.

A request is let in if it succeeds, if its response contains a secret, or if anything on the server
has changed afterwards.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.attack_counts import LET_IN, TRIED
from tests.e2e.studio.server import Studio

REJECTED = frozenset({400, 401, 403, 404, 405, 409, 411, 413, 415, 416, 429, 431, 501})

VOLATILE = frozenset(
    {"updated_at", "last_activity", "activity_at", "last_login", "created_ago", "num_pending_tasks"}
)


@dataclass
class Attacks:
    """Attacks of one kind on one server.

    Attributes:
        secrets: Texts that no response may contain.
    """

    kind: str
    studio: Studio
    secrets: list[str] = field(default_factory=list)
    let_in: list[str] = field(default_factory=list)
    tried: int = 0

    def send(self, client: httpx.Client, method: str, address: str, **options: Any) -> None:
        """Send an attack, which must be rejected without leaking a secret."""
        response = client.request(method, address, **options)
        self.check(f"{method} {address} {_short(options)}", response)

    def check(self, what: str, response: httpx.Response, *, harmless: bool = False) -> None:
        """Count an attack by its response. `harmless`: it may succeed, but not leak a secret."""
        rejected = response.status_code in REJECTED or _redirects_to_login(response)
        if not (rejected or harmless):
            self.fail(what, f"status {response.status_code}: {response.text[:200]}")
        elif leaked := [secret for secret in self.secrets if secret in response.text]:
            self.fail(what, f"leaks {leaked[0]!r}")
        else:
            self.count()

    def count(self) -> None:
        """Count one attack that was rejected."""
        self.tried += 1
        TRIED[self.kind] += 1

    def fail(self, what: str, how: str) -> None:
        """Count one attack that was let in."""
        self.count()
        LET_IN[self.kind] += 1
        self.let_in.append(f"{what}: {how}")

    def assert_none_let_in(self, before: Any) -> None:
        """Fail if an attack was let in or if the server differs from the snapshot `before`."""
        after = snapshot(self.studio)
        if after != before:
            changed = [name for name in before if before[name] != after[name]]
            self.fail("all requests together", f"changed {changed}")
        print(f"{self.kind}: {self.tried} attacks, {len(self.let_in)} let in")
        if self.let_in:
            pytest.fail("let in:\n" + "\n".join(self.let_in))


def snapshot(studio: Studio) -> dict[str, Any]:
    """Everything that an attack could change, as the API returns it to the administrator."""
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
                listed = api.get(f"/api/{name}", params={"project": key})
                found[f"{name} of {key}"] = listed.json()
            uploads = api.get(f"/api/projects/{key}/file-uploads", params={"all": "true"})
            found[f"files of {key}"] = uploads.json()
    found["recordings"] = sorted(
        (path.name, path.stat().st_size) for path in studio.recordings.glob("*")
    )
    stable: dict[str, Any] = json.loads(json.dumps(found), object_hook=_without_volatile)
    return stable


def _without_volatile(value: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in value.items() if name not in VOLATILE}


def _redirects_to_login(response: httpx.Response) -> bool:
    return response.is_redirect and "/user/login/" in response.headers["location"]


def _short(options: dict[str, Any]) -> str:
    return str({name: value for name, value in options.items() if name != "files"})[:150]
