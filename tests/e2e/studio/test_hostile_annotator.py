"""A malicious annotator's attacks on others' work, with a session and with an API token."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.e2e.studio.attacks import Attacks, snapshot
from tests.e2e.studio.scene import Scene, result
from tests.e2e.studio.server import ANN, BEA, REV, Studio
from tests.e2e.studio.uploads import AUDIO

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_what_others_have_made_is_neither_changed_nor_read(
    studio: Studio, scene: Scene, ann: httpx.Client, by: str
) -> None:
    """Others' annotations, drafts and recordings can't be read, changed or deleted."""
    attacks = Attacks(f"others' work, {by}", studio, scene.secrets)
    before = snapshot(studio)
    body = {"result": result(scene.their_recording)}
    annotation = f"/api/annotations/{scene.theirs}/"
    for method in ("PATCH", "PUT"):
        attacks.send(ann, method, annotation, json=body)
        attacks.send(ann, method, annotation, json={**body, "completed_by": studio.users[ANN]})
        attacks.send(ann, method, f"/api/drafts/{scene.draft}/", json={"result": []})
    for method in ("GET", "DELETE"):
        attacks.send(ann, method, annotation)
        attacks.send(ann, method, f"/api/drafts/{scene.draft}/")
        attacks.send(ann, method, f"/api/predictions/{scene.prediction}/")
    task = f"/api/tasks/{scene.tasks[1]}"
    attacks.send(ann, "POST", f"{annotation}convert-to-draft")
    attacks.send(ann, "GET", f"{task}/drafts")
    attacks.send(ann, "GET", f"/api/tasks/{scene.tasks[0]}/annotations/")
    attacks.send(ann, "GET", f"/api/tasks/{scene.tasks[0]}/agreement/")
    drafts = f"/api/tasks/{scene.tasks[0]}/annotations/{scene.theirs}/drafts"
    attacks.send(ann, "POST", drafts, json={"result": []})
    attacks.send(ann, "POST", f"{task}/annotations/", json={"result": [], "draft_id": scene.draft})
    recording = f"/annotate/recordings/{scene.their_recording}"
    for address in (
        recording,
        f"{recording}/trace",
        f"{recording}/record",
        scene.media,
        "/annotate/reviewers",
    ):
        attacks.send(ann, "GET", address)
    attacks.send(ann, "POST", f"{recording}/consent", json={"scope": "internal"})
    attacks.send(ann, "GET", scene.foreign)
    attacks.send(ann, "GET", f"/storage-data/uploaded/?filepath={scene.foreign[6:]}")
    attacks.assert_none_let_in(before)


def false_claims(scene: Scene, bea: int, rev: int) -> list[dict[str, Any]]:
    """Bodies of annotations with another's account or recording, another time or parent."""
    mine, theirs = result(scene.my_recording), result(scene.their_recording)
    return [
        {"result": theirs},
        {"result": mine, "completed_by": bea},
        {"result": mine, "completed_by": str(bea)},
        {"result": mine, "updated_by": bea},
        {"result": mine, "last_created_by": rev},
        {"result": mine, "ground_truth": True},
        {"result": mine, "import_id": 1},
        {"result": mine, "task": scene.tasks[1]},
        {"result": mine, "project": scene.review},
        {"result": mine, "created_at": "2020-01-01T00:00:00Z"},
        {"result": mine, "parent_annotation": 10**6},
        {"result": mine, "parent_prediction": scene.prediction},
        {"result": mine + theirs},
        {"result": result("0" * 32)},
        {"result": result("../" * 10)},
        {"result": [{"from_name": "recording", "value": {"text": ["{}"]}}]},
        {"result": [{"from_name": "recording", "value": {"text": "no JSON"}}]},
        {"result": [{"from_name": "recording", "value": {"text": ["[" * 10_000]}}]},
        {"result": {"recording": scene.their_recording}},
        {"result": json.dumps(theirs)},
    ]


def test_others_recordings_and_names_cannot_be_submitted(
    studio: Studio, scene: Scene, ann: httpx.Client, by: str
) -> None:
    """Neither another annotator's recording nor another account's name can be submitted."""
    attacks = Attacks(f"false claims, {by}", studio, scene.secrets)
    before = snapshot(studio)
    mine, theirs = result(scene.my_recording), result(scene.their_recording)
    create = f"/api/tasks/{scene.tasks[0]}/annotations/"
    bea = studio.users[BEA]
    for body in false_claims(scene, bea, studio.users[REV]):
        attacks.send(ann, "POST", create, json=body)
        attacks.send(ann, "PATCH", f"/api/annotations/{scene.mine}/", json=body)
    # Her own recording, but of another image.
    attacks.send(ann, "POST", f"/api/tasks/{scene.tasks[2]}/annotations/", json={"result": mine})
    for address in (f"/api/tasks/{scene.tasks[0]}/drafts", f"/api/tasks/{scene.tasks[1]}/drafts"):
        attacks.send(ann, "POST", address, json={"result": theirs})
        attacks.send(ann, "POST", address, json={"result": [], "user": bea})
    for key in ("id", "pk"):
        body = {"result": mine, key: scene.theirs}
        attacks.send(ann, "PATCH", f"/api/annotations/{scene.mine}/", json=body)
    attacks.assert_none_let_in(before)


def test_reviewing_is_for_reviewers(
    studio: Studio, scene: Scene, ann: httpx.Client, by: str
) -> None:
    attacks = Attacks(f"reviews, {by}", studio, scene.secrets)
    before = snapshot(studio)
    choice = {"from_name": "decision", "to_name": "image", "type": "choices"}
    fix = {"result": [{"id": "d", **choice, "value": {"choices": ["fix"]}}]}
    task, project = f"/api/tasks/{scene.review_task}", scene.review
    attacks.send(ann, "POST", f"{task}/annotations/", json=fix)
    attacks.send(
        ann, "POST", f"{task}/annotations/", json={**fix, "completed_by": studio.users[REV]}
    )
    attacks.send(ann, "POST", f"{task}/annotations/?project={scene.record}", json=fix)
    attacks.send(ann, "POST", f"{task}/drafts", json=fix)
    for address in (f"{task}/", f"{task}/?project={scene.record}", f"{task}/annotations/"):
        attacks.send(ann, "GET", address)
    for address in ("", "next/", "label-stream-history/", "tasks/", "summary/", "model-versions/"):
        attacks.send(ann, "GET", f"/api/projects/{project}/{address}")
    for address in ("tasks", "dm/project", "dm/columns", "dm/views", "users", "ml", "label_links"):
        attacks.send(ann, "GET", f"/api/{address}/?project={project}")
    next_task = f"/api/dm/actions/?id=next_task&project={project}"
    attacks.send(ann, "POST", next_task, json={})
    attacks.send(ann, "POST", f"{next_task}&project={scene.record}", json={})
    attacks.send(
        ann,
        "POST",
        f"/api/dm/actions/?id=next_task&project={scene.record}&project={project}",
        json={},
    )
    for address in (f"/projects/{project}/data?labeling=1", f"/projects/{project}/data?task=1"):
        attacks.send(ann, "GET", address)
    for address in ("", "/trace"):
        attacks.send(ann, "GET", f"{scene.media}{address}")
    attacks.send(ann, "HEAD", scene.media)
    attacks.send(ann, "PUT", scene.media, content=AUDIO)
    attacks.send(ann, "DELETE", scene.media)
    attacks.assert_none_let_in(before)
