"""A server with the work of several accounts, as the target of attacks."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx

from annotate.label_studio.projects import review_config
from tests.e2e.studio import server
from tests.e2e.studio.configs import record_config
from tests.e2e.studio.server import ANN, BEA, IMAGES, REV, Studio
from tests.e2e.studio.uploads import AUDIO, upload

GOLD = "gold-is-what-they-are-judged-by"
SECRET_CAPTION = "a caption that only reviewers read"  # noqa: S105
HOOK = "http://192.0.2.1/hook-with-a-secret"


@dataclass(frozen=True)
class Scene:
    """Ids and URL paths of what the accounts have created.

    Attributes:
        record: The recording project; `review`: the review project; `other`: a third one.
        mine: Ann's annotation, on `tasks[0]`; `theirs` is Bea's on the same task.
        media: The URL path of the review task's audio.
        images: URL paths of the recording project's images; `foreign`: of another project's file.
        secrets: Texts that no response to Ann may contain.
    """

    record: int
    review: int
    other: int
    tasks: list[int]
    review_task: int
    mine: int
    theirs: int
    draft: int
    prediction: int
    my_recording: str
    their_recording: str
    media: str
    images: list[str]
    foreign: str
    webhook: int
    view: int
    secrets: list[str]


def annotate(client: httpx.Client, task: int, recording: str) -> int:
    """Submit a recording, as the page does."""
    response = client.post(f"/api/tasks/{task}/annotations/", json={"result": result(recording)})
    assert response.status_code == 201, response.text
    annotation: int = response.json()["id"]
    return annotation


def result(recording: str) -> list[dict[str, Any]]:
    """The result of an annotation that refers to this recording."""
    text = json.dumps({"version": 1, "recording": recording, "consent": {"scope": "public"}})
    region = {"from_name": "recording", "to_name": "image", "type": "textarea"}
    return [{"id": "x", **region, "value": {"text": [text]}}]


def create_scene(studio: Studio) -> Scene:
    """Create two annotators' recordings, a caption to review, a webhook and a view."""
    project = studio.record_project(record_config(), IMAGES, "hostile: record")
    with (
        closing(studio.session(ANN)) as ann,
        closing(studio.session(BEA)) as bea,
        studio.api() as api,
    ):
        first, second = (
            upload(client, project.tasks[0], AUDIO + suffix).json()["recording"]
            for client, suffix in ((ann, b"a"), (bea, b"b"))
        )
        mine = annotate(ann, project.tasks[0], first)
        theirs = annotate(bea, project.tasks[0], second)
        draft = bea.post(
            f"/api/tasks/{project.tasks[1]}/drafts", json={"result": [], "lead_time": 1}
        ).json()["id"]
        for task in project.tasks:
            data = {**api.get(f"/api/tasks/{task}/").json()["data"], "gold": GOLD}
            api.patch(f"/api/tasks/{task}/", json={"data": data}).raise_for_status()
        images = [api.get(f"/api/tasks/{task}/").json()["data"]["image"] for task in project.tasks]
        review, review_task, media = _create_review_project(api)
        prediction = api.get(f"/api/tasks/{review_task}/").json()["predictions"][0]["id"]
        other = api.post("/api/projects/", json={"title": "hostile: other"}).json()["id"]
        hook = api.post("/api/webhooks/", json={"url": HOOK, "project": project.id}).json()["id"]
        view = api.post("/api/dm/views/", json={"project": project.id, "data": {}}).json()["id"]
        invite = api.get("/api/invite").json()["token"]
        return Scene(
            **{"record": project.id, "review": review, "other": other, "tasks": project.tasks},
            **{"review_task": review_task, "mine": mine, "theirs": theirs, "draft": draft},
            **{"prediction": prediction, "my_recording": first, "their_recording": second},
            **{"media": media, "images": images, "webhook": hook, "view": view},
            foreign=_upload_file(api, other),
            secrets=[BEA, REV, server.ADMIN, invite, second, GOLD, SECRET_CAPTION, HOOK],
        )


def _create_review_project(api: httpx.Client) -> tuple[int, int, str]:
    """A review project with one caption: ids of project and task, and the path of its audio."""
    name = f"/annotate/media/{hashlib.sha256(AUDIO).hexdigest()}.webm"
    assert api.put(name, content=AUDIO).status_code in (200, 201)
    config = {"title": "hostile: review", "label_config": review_config()}
    project = api.post("/api/projects/", json=config).json()["id"]
    written = {"from_name": "caption", "to_name": "image", "type": "textarea"}
    task = {
        "data": {
            **{"image": name, "audio": name, "narration": [], "verdicts": "none"},
            **{"caption_id": "c", "caption": SECRET_CAPTION},
        },
        "predictions": [{"result": [{"id": "c", **written, "value": {"text": [SECRET_CAPTION]}}]}],
    }
    sent = api.post(f"/api/projects/{project}/import", json=[task])
    assert sent.status_code == 201, sent.text
    listed = api.get("/api/tasks/", params={"project": project}).json()["tasks"]
    return project, listed[0]["id"], name


def _upload_file(api: httpx.Client, project: int) -> str:
    sent = api.post(
        f"/api/projects/{project}/import",
        params={"commit_to_project": "false"},
        files={"file": ("voice.wav", b"RIFF", "audio/wav")},
    )
    found = api.get(f"/api/import/file-upload/{sent.json()['file_upload_ids'][0]}").json()
    return f"/data/{found['file']}"
