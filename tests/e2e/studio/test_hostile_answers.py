"""What responses to permitted requests contain, and what the server records of a recording."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing

import httpx
import pytest

from tests.e2e.studio import server
from tests.e2e.studio.attacks import Attacks, snapshot
from tests.e2e.studio.scene import GOLD, Scene, annotate
from tests.e2e.studio.server import ANN, BEA, PIPE, REV, Studio
from tests.e2e.studio.uploads import AUDIO, meta, upload

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_responses_contain_no_data_of_others(
    studio: Studio, scene: Scene, ann: httpx.Client, by: str
) -> None:
    """The requests that the page sends succeed and return only the annotator's own data."""
    attacks = Attacks(f"responses, {by}", studio, scene.secrets)
    before = snapshot(studio)
    at, task = f"project={scene.record}", scene.tasks[0]
    for address in (
        *("/api/projects/", "/api/projects/?page_size=1000", "/api/projects/counts/"),
        *(f"/api/projects/?ids={scene.review}", f"/api/projects/{scene.record}/"),
        *(f"/api/users/?{at}", f"/api/tasks/?{at}", f"/api/tasks/?{at}&fields=all&page_size=100"),
        *(f"/api/dm/project/?{at}", f"/api/dm/columns/?{at}", f"/api/dm/views/?{at}"),
        *(f"/api/ml/?{at}", f"/api/label_links/?{at}&expand=label", "/api/version/"),
        *(f"/api/tasks/{task}/?{at}", f"/api/tasks/{task}/?{at}&expand=annotations.completed_by"),
        *(f"/api/tasks/{task}/?annotations_stub=true", f"/api/tasks/{task}/?review=true"),
        *(f"/api/tasks/{task}/?resolve_uri=false", f"/api/annotations/{scene.mine}/"),
        *(f"/api/annotations/{scene.mine}/?expand=completed_by", "/api/current-user/whoami"),
        *(f"/api/projects/{scene.record}/label-stream-history/?{at}", "/api/current-user/hotkeys/"),
        *("/projects/", f"/projects/{scene.record}/data?labeling=1", "/version/"),
        *(f"/annotate/tasks/{task}/protocol", "/annotate/progress", "/annotate/done"),
    ):
        attacks.check(f"GET {address}", ann.get(address), harmless=True)
    for number in range(3):
        response = ann.post(f"/api/dm/actions/?id=next_task&{at}", json={})
        attacks.check(f"next task {number}", response, harmless=True)
    seen = [one["id"] for one in ann.get("/api/projects/?page_size=1000").json()["results"]]
    assert scene.record in seen
    assert not {scene.review, scene.other} & set(seen)
    shown = ann.get(f"/api/tasks/{task}/").json()
    assert [one["id"] for one in shown["annotations"]] == [scene.mine]
    assert "gold" not in shown["data"]
    assert ann.get(scene.images[0]).status_code == 200
    attacks.assert_none_let_in(before)


def test_a_consent_can_be_narrowed_and_not_widened(studio: Studio, scene: Scene) -> None:
    """A consent can be narrowed but not widened, and the files of the record are append-only."""
    task = scene.tasks[2]
    with closing(studio.session(ANN)) as ann, closing(studio.bearer(PIPE)) as pipe:
        name = upload(ann, task, AUDIO + b"c").json()["recording"]
        address = f"/annotate/recordings/{name}"
        record = pipe.get(f"{address}/record").json()
        assert record["sha256"] == hashlib.sha256(AUDIO + b"c").hexdigest()
        assert (record["user"], record["task"]) == (studio.users[ANN], task)
        assert record["consent"]["scope"] == "public"
        assert record["consent"]["at"] == record["recorded_at"] > record["claimed"]["recorded_at"]
        assert (record["withdrawn"], record["annotations"]) == (False, [])
        key = annotate(ann, task, name)
        assert pipe.get(f"{address}/record").json()["annotations"] == [key]
        first = (studio.recordings / f"{name}.json").read_bytes()
        for scope, status in (("public", 400), ("internal", 200), ("research", 400), ([], 400)):
            changed = ann.post(f"{address}/consent", json={"scope": scope})
            assert changed.status_code == status
        upload(ann, task, AUDIO + b"c")  # an upload sent again doesn't widen the consent
        assert pipe.get(f"{address}/record").json()["consent"]["scope"] == "internal"
        assert ann.delete(f"/api/annotations/{key}/").status_code == 204
        assert pipe.get(f"{address}/record").json()["withdrawn"]
        assert (studio.recordings / f"{name}.json").read_bytes() == first
        assert len(list(studio.recordings.glob(f"{name}-*.json"))) == 3


def test_a_consent_other_than_the_required_one_is_rejected(studio: Studio, scene: Scene) -> None:
    """An upload whose consent differs from the project's statement or scope is rejected."""
    attacks = Attacks("consent", studio)
    before = snapshot(studio)
    with closing(studio.session(ANN)) as ann:
        for overrides in (
            *({"scope": scope} for scope in ("internal", "research", "withdrawn", "everything")),
            *({"statement": "tests-v0"}, {"sha256": "0" * 64}, {"sha256": ""}),
        ):
            consent = {**json.loads(meta())["consent"], **overrides}
            response = upload(ann, scene.tasks[1], meta=meta(consent=consent))
            attacks.check(f"consent {overrides}", response)
            assert response.json()["error"] == "consent_changed"
    attacks.assert_none_let_in(before)


def test_reviewers_and_the_pipeline_have_what_they_need_and_no_more(
    studio: Studio, scene: Scene
) -> None:
    attacks = Attacks("reviewers and pipeline", studio, [BEA, server.ADMIN, GOLD])
    before = snapshot(studio)
    with (
        closing(studio.session(REV)) as rev,
        closing(studio.bearer(REV)) as rev_token,
        closing(studio.bearer(PIPE)) as pipe,
    ):
        assert rev.get(scene.media).content == AUDIO
        part = rev.get(scene.media, headers={"Range": "bytes=1-9"})
        assert (part.status_code, part.content) == (206, AUDIO[1:10])
        assert rev.get(f"/api/tasks/{scene.review_task}/").json()["predictions"] != []
        assert pipe.get(scene.media).content == AUDIO
        # Other tests may have added reviewers, but no accounts of other roles.
        not_reviewers = {studio.users[one] for one in (server.ANN, BEA, PIPE)}
        reviewers = set(pipe.get("/annotate/reviewers").json()["reviewers"])
        assert reviewers == set(studio.users.values()) - not_reviewers
        for client in (rev, rev_token):
            attacks.send(client, "DELETE", f"/api/annotations/{scene.theirs}/")
            attacks.send(client, "PATCH", f"/api/annotations/{scene.theirs}/", json={"result": []})
            attacks.send(client, "DELETE", f"/api/projects/{scene.review}/")
            attacks.send(client, "PATCH", f"/api/projects/{scene.review}/", json={"title": "x"})
            attacks.send(client, "GET", f"/api/projects/{scene.other}/")
            attacks.send(client, "GET", "/api/users/")
            attacks.send(client, "GET", "/annotate/reviewers")
            attacks.send(client, "PUT", scene.media, content=AUDIO)
            attacks.send(client, "DELETE", scene.media)
            attacks.send(client, "GET", f"/annotate/recordings/{scene.my_recording}/record")
        attacks.send(rev_token, "GET", scene.media)
        for method, address in (
            *(("GET", "/api/users/"), ("DELETE", f"/api/projects/{scene.record}/")),
            *(("POST", "/api/invite/reset-token"), ("DELETE", f"/api/tasks/{scene.tasks[0]}/")),
            *(("DELETE", f"/api/annotations/{scene.mine}/"), ("GET", "/admin/")),
        ):
            attacks.send(pipe, method, address)
    attacks.assert_none_let_in(before)
