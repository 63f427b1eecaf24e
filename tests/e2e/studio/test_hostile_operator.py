"""An annotator sends an operator's requests: for projects, accounts, settings and the server."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.e2e.studio.attacks import Attacks, snapshot
from tests.e2e.studio.configs import record_config
from tests.e2e.studio.scene import Scene
from tests.e2e.studio.server import ANN, BEA, REV, Studio

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

CONFIG = record_config(consent={"scope": "public", "statement": "yours is mine"})
PROJECT_REQUESTS: list[tuple[str, str, Any]] = [
    *((method, "", {"title": "mine"}) for method in ("PATCH", "PUT")),
    *((method, "", {"label_config": CONFIG}) for method in ("PATCH", "PUT")),
    *((method, "", {"maximum_annotations": 99}) for method in ("PATCH", "PUT")),
    *(("DELETE", "", None), ("DELETE", "tasks/", None), ("DELETE", "file-uploads", None)),
    *(("GET", "tasks/", None), ("GET", "next/", None), ("GET", "summary/", None)),
    ("POST", "import", [{"data": {"image": "/x"}}]),
    ("POST", "import?commit_to_project=false", {}),
    ("POST", "import", {"url": "http://127.0.0.1:22/"}),
    *(("POST", "reimport", {}), ("POST", "import/predictions", []), ("POST", "tasks/bulk/", [])),
    *(("POST", "validate/", {"label_config": CONFIG}), ("POST", "summary/reset/", {})),
    *(("GET", "export?exportType=JSON", None), ("GET", "export/files", None)),
    *(("GET", "exports/", None), ("POST", "exports/", {}), ("GET", "export/formats", None)),
    *(("GET", "annotators/", None), ("GET", "file-uploads?all=true", None)),
    *(("POST", "sample-task/", {"label_config": CONFIG}), ("DELETE", "model-versions/", {})),
]
"""Method, path after `/api/projects/ID/`, and body."""
ACTIONS = (
    *("delete_tasks", "delete_tasks_annotations", "delete_tasks_predictions", "next_task "),
    *("predictions_to_annotations", "retrieve_tasks_predictions", "propagate_annotations"),
    *("remove_duplicates", "delete_ground_truths", "delete_reviewers", "delete_annotators"),
)
ALL_TASKS: dict[str, Any] = {"selectedItems": {"all": True, "excluded": []}, "filters": {}}
PAGES = ("settings", "settings/labeling", "settings/ml", "data/import", "data/export")
STORAGES = ("s3", "localfiles", "azure", "gcs", "redis")
SERVER_REQUESTS: list[tuple[str, str, Any]] = [
    *(("GET", f"/api/{one}", None) for one in ("users/", "users.json", "users/?project=99999")),
    *(("GET", f"/api/{one}", None) for one in ("invite", "webhooks/", "webhooks/info/", "token/")),
    *(("GET", f"/api/organizations/{one}", None) for one in ("", "1", "1/memberships")),
    *(("GET", f"/api/{one}", None) for one in ("current-user/token", "jwt/settings", "storages/")),
    *(("GET", f"/api/{one}", None) for one in ("session-policy/", "templates/", "labels/")),
    *(("GET", f"/api/{one}", None) for one in ("dm/actions/?project=1", "predictions/", "dm/")),
    ("POST", "/api/invite/reset-token", {}),
    ("POST", "/api/users/", {"email": "me2@example.com", "username": "me2"}),
    ("PATCH", "/api/organizations/1", {"title": "mine"}),
    ("POST", "/api/organizations/", {"title": "mine"}),
    *(("POST", f"/api/token/{one}", {}) for one in ("", "rotate/", "blacklist/")),
    ("POST", "/api/current-user/reset-token/", {}),
    ("POST", "/api/jwt/settings", {"api_tokens_enabled": False}),
    ("PATCH", "/api/session-policy/", {"max_session_age": 1}),
    ("PATCH", "/api/current-user/hotkeys/", {"custom_hotkeys": {}}),
    ("POST", "/api/projects/", {"title": "mine"}),
    *(("GET", f"/{one}/", None) for one in ("organization", "people", "models", "user/account")),
    *(("GET", f"/{one}/", None) for one in ("admin", "admin/users/user", "django-rq", "metrics")),
    *(("GET", f"/{one}", None) for one in ("docs/api/schema/json/", "feature-flags/", "__lsa/")),
    *(("GET", f"/{one}", None) for one in ("trigger500/", "data/avatars/x.png", "swagger.json")),
    *(("GET", f"/{one}", None) for one in ("data/local-files/?d=etc/passwd", "graphql", "sw.js.")),
    ("GET", "/samples/time-series.csv?time=0", None),
]


def test_projects_are_the_operators(
    studio: Studio, scene: Scene, ann: httpx.Client, by: str
) -> None:
    """An annotator can't change, delete, import into or export projects."""
    attacks = Attacks(f"projects, {by}", studio, scene.secrets)
    before = snapshot(studio)
    for project in (scene.record, scene.review, scene.other):
        for method, address, body in PROJECT_REQUESTS:
            attacks.send(ann, method, f"/api/projects/{project}/{address}", json=body)
        for action in ACTIONS:
            address = f"/api/dm/actions/?id={action}&project={project}"
            attacks.send(ann, "POST", address, json=ALL_TASKS)
        for page in PAGES:
            attacks.send(ann, "GET", f"/projects/{project}/{page}")
        for storage in STORAGES:
            attacks.send(ann, "GET", f"/api/storages/{storage}/?project={project}")
            storage_body = {"project": project, "path": "/"}
            attacks.send(ann, "POST", f"/api/storages/{storage}/", json=storage_body)
            attacks.send(ann, "POST", f"/api/storages/export/{storage}", json=storage_body)
        model = {"url": "http://127.0.0.1:1", "project": project}
        attacks.send(ann, "POST", "/api/ml/", json=model)
    attacks.assert_none_let_in(before)


def test_tasks_and_views_are_the_operators(
    studio: Studio, scene: Scene, ann: httpx.Client, by: str
) -> None:
    """An annotator can't change or delete tasks and Data Manager views."""
    attacks = Attacks(f"tasks and views, {by}", studio, scene.secrets)
    before = snapshot(studio)
    for task in (scene.tasks[0], scene.review_task):
        attacks.send(ann, "PATCH", f"/api/tasks/{task}/", json={"data": {"image": "/x"}})
        attacks.send(ann, "DELETE", f"/api/tasks/{task}/")
        attacks.send(ann, "GET", f"/tasks/{task}/resolve/?fileuri=czM6Ly9idWNrZXQveA==")
        attacks.send(ann, "GET", f"/tasks/{task}/presign/?fileuri=czM6Ly9idWNrZXQveA==")
        attacks.send(ann, "GET", f"/api/fsm/entities/task/{task}/history")
    attacks.send(ann, "POST", "/api/tasks/", json={"project": scene.record, "data": {}})
    view = f"/api/dm/views/{scene.view}/"
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        attacks.send(ann, method, view, json={"data": {"title": "x"}})
    attacks.send(ann, "DELETE", f"/api/dm/views/reset/?project={scene.record}")
    order = {"project": scene.record, "ids": [scene.view]}
    attacks.send(ann, "POST", "/api/dm/views/order/", json=order)
    attacks.send(ann, "POST", "/api/dm/views/", json={"project": scene.record, "data": {}})
    attacks.assert_none_let_in(before)


def test_people_and_the_server_are_the_operators(
    studio: Studio, scene: Scene, ann: httpx.Client, by: str
) -> None:
    """An annotator can't read or change accounts, webhooks and server settings."""
    attacks = Attacks(f"people and server, {by}", studio, scene.secrets)
    before = snapshot(studio)
    for method, address, body in SERVER_REQUESTS:
        attacks.send(ann, method, address, json=body)
    for user in (studio.users[BEA], studio.users[ANN]):
        attacks.send(ann, "GET", f"/api/users/{user}/")
        privileges = {"email": REV, "is_superuser": True, "active_organization": 2}
        attacks.send(ann, "PATCH", f"/api/users/{user}/", json=privileges)
        attacks.send(ann, "DELETE", f"/api/users/{user}/")
        for method in ("GET", "DELETE"):
            attacks.send(ann, method, f"/api/organizations/1/memberships/{user}/")
    for method in ("GET", "PATCH", "DELETE"):
        attacks.send(ann, method, f"/api/webhooks/{scene.webhook}/", json={"is_active": False})
    webhook = {"url": "http://192.0.2.9/", "project": scene.record}
    attacks.send(ann, "POST", "/api/webhooks/", json=webhook)
    attacks.assert_none_let_in(before)
