"""Reviewers don't get their own recordings; where two reviewers differ, a third one decides."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from annotate.label_studio.client import Studio as Client
from annotate.label_studio.projects import review_config
from annotate.model.tables import Captions, Recordings, Reviews, Submissions
from annotate.review.collect import collect
from annotate.review.options import ReviewOptions
from annotate.review.pending import count_waiting
from annotate.review.push import push
from annotate.store.lake import Lake
from annotate.store.settled import settled
from tests.builders import frame
from tests.e2e.studio.conftest import ARTIFACTS
from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.server import REV, REVIEWERS, TOKEN, Studio, add_account
from tests.e2e.studio.test_review_stream import TEXTS, go_through, texts_of
from tests.release_builders import rows_of

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

TWO = ReviewOptions(reviewers_per_caption=2)
SOURCE = "label-studio/127.0.0.1/9/77"
OWN = 2
"""Index of the caption from the reviewer's own recording."""

NEXT: dict[str, Any] = {
    "ordering": [],
    "selectedItems": {"all": False, "included": []},
    "filters": {"conjunction": "and", "items": []},
}


@pytest.fixture(scope="module")
def more_reviewers(studio: Studio) -> list[str]:
    """E-mail addresses of two more reviewers."""
    return [add_account(studio, f"{name}@example.com", [REVIEWERS]) for name in ("tom", "una")]


def submission_row(account: int) -> dict[str, Any]:
    """The row that ingest writes for a recording of this account."""
    row = dict.fromkeys(("sha256", "image_sha256", "image_name", "error", "reason"))
    return {
        **row,
        **{"source": SOURCE, "place": "label-studio/127.0.0.1/9", "task": 1, "withdrawn": False},
        "updated_at": datetime.now(UTC),
        "described": json.dumps({"annotator": f"ls-{account}"}),
    }


@pytest.fixture
def lake(studio: Studio, tmp_path: Path) -> Lake:
    """Five captions, one of them from the reviewer's own recording."""
    new_lake = Lake(tmp_path / "lake")
    for number, text in enumerate(TEXTS):
        for table, row in rows_of(new_lake, number, text).items():
            source = {"source": SOURCE} if table is Recordings and number == OWN else {}
            if table is not Reviews:
                assert new_lake.append(table, frame(table, [row | source])).is_empty()
    own = frame(Submissions, [submission_row(studio.users[REV])])
    assert new_lake.append(Submissions, own).is_empty()
    return new_lake


@pytest.fixture
def project(studio: Studio, request: pytest.FixtureRequest) -> int:
    config = {"title": request.node.name[:48], "label_config": review_config()}
    with studio.api() as api:
        response = api.post("/api/projects/", json=config)
    assert response.status_code == 201, response.text
    number: int = response.json()["id"]
    return number


@pytest.fixture
def label_studio(studio: Studio) -> Iterator[Client]:
    with Client(studio.url, TOKEN) as client:
        yield client


def task_of(lake: Lake, label_studio: Client, project: int, text: str) -> int:
    return next(
        task for task, shown in texts_of(lake, label_studio, project).items() if shown == text
    )


def next_task(client: httpx.Client, project: int) -> dict[str, Any] | None:
    """The next task of the account's label stream; None if there are no more."""
    query = {"id": "next_task", "project": project}
    response = client.post("/api/dm/actions/", params=query, json={**NEXT, "project": str(project)})
    assert response.status_code in (200, 404), response.text
    task: dict[str, Any] | None = response.json() if response.status_code == 200 else None
    return task


def decide(
    client: httpx.Client, task: int, decision: str, text: str | None = None
) -> httpx.Response:
    """Submit a decision, as the page does."""
    region: dict[str, Any] = {"to_name": "image"}
    result = [
        {**region, "id": "d", "from_name": "decision", "type": "choices",
         "value": {"choices": [decision]}},
    ]  # fmt: skip
    if text is not None:
        result.append(
            {**region, "id": "c", "from_name": "caption", "type": "textarea",
             "value": {"text": [text]}},
        )  # fmt: skip
    return client.post(f"/api/tasks/{task}/annotations/", json={"result": result})


def test_the_stream_leaves_out_a_reviewers_own_recordings(
    studio: Studio,
    open_as: Callable[..., RecordingPage],
    lake: Lake,
    project: int,
    label_studio: Client,
) -> None:
    push(lake, label_studio, project)
    own = task_of(lake, label_studio, project, TEXTS[OWN])
    page = open_as(REV).page
    seen = go_through(page, studio.url, project, 4)
    assert sorted(seen.values()) == sorted(text for text in TEXTS if text != TEXTS[OWN])
    page.goto(f"{studio.url}/projects/{project}/data?labeling=1")
    expect(page.get_by_text("No More Tasks Left in Queue")).to_be_visible()
    page.screenshot(path=ARTIFACTS / "stream-but-own.png")
    page.goto(f"{studio.url}/projects/{project}/data?task={own}")
    expect(page.get_by_text("No More Tasks Left in Queue")).to_be_visible()
    assert f"/projects/{project}/data?labeling=1" in page.url
    assert collect(lake, label_studio, project).written == 4


def test_tasks_of_own_recordings_are_forbidden(
    studio: Studio,
    log_in: Callable[[str], httpx.Client],
    lake: Lake,
    project: int,
    label_studio: Client,
) -> None:
    """Requests for a task of one's own recording are denied; responses omit `recorded_by`."""
    push(lake, label_studio, project)
    own = task_of(lake, label_studio, project, TEXTS[OWN])
    other = task_of(lake, label_studio, project, TEXTS[0])
    assert label_studio.task_data(project)[own]["recorded_by"] == [studio.users[REV]]
    rev = log_in(REV)
    for response in (
        rev.get(f"/api/tasks/{own}/"),
        decide(rev, own, "accept", TEXTS[OWN]),
        rev.post(f"/api/tasks/{own}/drafts", json={"result": [], "lead_time": 1}),
    ):
        assert response.status_code == 403
        assert response.json()["error"] == "own_recording"
        assert "Go on to the next one" in response.json()["message"]
    shown = rev.get(f"/api/tasks/{other}/")
    assert shown.status_code == 200
    assert "recorded_by" not in shown.text
    task = next_task(rev, project)
    assert task is not None
    assert "recorded_by" not in task["data"]


def test_a_third_reviewer_decides_where_two_differ(
    log_in: Callable[[str], httpx.Client],
    lake: Lake,
    project: int,
    label_studio: Client,
    more_reviewers: list[str],
) -> None:
    push(lake, label_studio, project, options=TWO)
    rev, tom, una = (log_in(one) for one in (REV, *more_reviewers))
    first, second, own = (task_of(lake, label_studio, project, TEXTS[n]) for n in (0, 1, OWN))
    for who in (rev, tom):
        assert decide(who, first, "accept", TEXTS[0]).status_code == 201
    assert decide(rev, second, "accept", TEXTS[1]).status_code == 201
    assert decide(tom, second, "fix", "Two boats.").status_code == 201
    assert decide(tom, own, "accept", TEXTS[OWN]).status_code == 201
    assert collect(lake, label_studio, project, options=TWO).written == 5
    assert count_waiting(lake, TWO) == {"second_review": 1, "adjudication": 1}
    assert [next_task(who, project)["id"] in (first, second) for who in (rev, tom)] == [False] * 2  # type: ignore[index]
    data: dict[int, Any] = {}
    while (task := next_task(una, project)) is not None:
        data[task["id"]] = task["data"]
        assert decide(una, task["id"], "reject").status_code == 201
    assert first not in data
    assert {"decision": "fix", "text": "Two boats."} in data[second]["earlier"]
    assert collect(lake, label_studio, project, options=TWO).written == 4
    texts = dict(lake.read(Captions).select("caption_id", "text").iter_rows())
    rows = settled(lake, 2).collect()
    decided = {texts[row["caption_id"]]: row["decision"] for row in rows.to_dicts()}
    assert decided == {TEXTS[0]: "accept", TEXTS[1]: "reject"}
    assert count_waiting(lake, TWO) == {"second_review": 2, "adjudication": 1}
