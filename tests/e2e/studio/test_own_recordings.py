"""Reviewers aren't given what they recorded themselves; where two differ a third one is asked."""

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
"""Which of the captions is made of a recording of the reviewer's."""

NEXT: dict[str, Any] = {
    "ordering": [],
    "selectedItems": {"all": False, "included": []},
    "filters": {"conjunction": "and", "items": []},
}


@pytest.fixture(scope="module")
def others(studio: Studio) -> list[str]:
    """Two more reviewers."""
    return [add_account(studio, f"{name}@example.com", [REVIEWERS]) for name in ("tom", "una")]


def handed_in(account: int) -> dict[str, Any]:
    """What ingest writes of a recording, by the server's own record of it."""
    row = dict.fromkeys(("sha256", "image_sha256", "image_name", "error", "reason"))
    return {
        **row,
        **{"source": SOURCE, "place": "label-studio/127.0.0.1/9", "task": 1, "withdrawn": False},
        "updated_at": datetime.now(UTC),
        "described": json.dumps({"annotator": f"ls-{account}"}),
    }


@pytest.fixture
def lake(studio: Studio, tmp_path: Path) -> Lake:
    """Five captions, one of them of a recording that the reviewer made."""
    made = Lake(tmp_path / "lake")
    for number, text in enumerate(TEXTS):
        for table, row in rows_of(made, number, text).items():
            of_server = {"source": SOURCE} if table is Recordings and number == OWN else {}
            if table is not Reviews:
                assert made.append(table, frame(table, [row | of_server])).is_empty()
    mine = frame(Submissions, [handed_in(studio.users[REV])])
    assert made.append(Submissions, mine).is_empty()
    return made


@pytest.fixture
def project(studio: Studio, request: pytest.FixtureRequest) -> int:
    wish = {"title": request.node.name[:48], "label_config": review_config()}
    with studio.api() as api:
        made = api.post("/api/projects/", json=wish)
    assert made.status_code == 201, made.text
    number: int = made.json()["id"]
    return number


@pytest.fixture
def at(studio: Studio) -> Iterator[Client]:
    with Client(studio.url, TOKEN) as client:
        yield client


def task_of(lake: Lake, at: Client, project: int, text: str) -> int:
    return next(task for task, shown in texts_of(lake, at, project).items() if shown == text)


def next_task(who: httpx.Client, project: int) -> dict[str, Any] | None:
    """What the stream gives them; None when there is nothing left for them."""
    query = {"id": "next_task", "project": project}
    answer = who.post("/api/dm/actions/", params=query, json={**NEXT, "project": str(project)})
    assert answer.status_code in (200, 404), answer.text
    given: dict[str, Any] | None = answer.json() if answer.status_code == 200 else None
    return given


def decide(who: httpx.Client, task: int, decision: str, text: str | None = None) -> httpx.Response:
    """Submit a decision, as the page does."""
    named: dict[str, Any] = {"to_name": "image"}
    result = [
        {**named, "id": "d", "from_name": "decision", "type": "choices",
         "value": {"choices": [decision]}},
    ]  # fmt: skip
    if text is not None:
        result.append(
            {**named, "id": "c", "from_name": "caption", "type": "textarea",
             "value": {"text": [text]}},
        )  # fmt: skip
    return who.post(f"/api/tasks/{task}/annotations/", json={"result": result})


def test_a_reviewer_goes_through_everything_but_what_they_recorded(
    studio: Studio, open_as: Callable[..., RecordingPage], lake: Lake, project: int, at: Client
) -> None:
    push(lake, at, project)
    own = task_of(lake, at, project, TEXTS[OWN])
    page = open_as(REV).page
    seen = go_through(page, studio.url, project, 4)
    assert sorted(seen.values()) == sorted(text for text in TEXTS if text != TEXTS[OWN])
    page.goto(f"{studio.url}/projects/{project}/data?labeling=1")
    expect(page.get_by_text("No More Tasks Left in Queue")).to_be_visible()
    page.screenshot(path=ARTIFACTS / "stream-but-own.png")
    page.goto(f"{studio.url}/projects/{project}/data?task={own}")
    expect(page.get_by_text("No More Tasks Left in Queue")).to_be_visible()
    assert f"/projects/{project}/data?labeling=1" in page.url
    assert collect(lake, at, project).written == 4


def test_what_one_recorded_is_refused_by_address_and_its_accounts_are_hidden(
    studio: Studio, log_in: Callable[[str], httpx.Client], lake: Lake, project: int, at: Client
) -> None:
    push(lake, at, project)
    own = task_of(lake, at, project, TEXTS[OWN])
    other = task_of(lake, at, project, TEXTS[0])
    assert at.task_data(project)[own]["recorded_by"] == [studio.users[REV]]
    me = log_in(REV)
    for answer in (
        me.get(f"/api/tasks/{own}/"),
        decide(me, own, "accept", TEXTS[OWN]),
        me.post(f"/api/tasks/{own}/drafts", json={"result": [], "lead_time": 1}),
    ):
        assert answer.status_code == 403
        assert answer.json()["error"] == "own_recording"
        assert "Go on to the next one" in answer.json()["message"]
    shown = me.get(f"/api/tasks/{other}/")
    assert shown.status_code == 200
    assert "recorded_by" not in shown.text
    given = next_task(me, project)
    assert given is not None
    assert "recorded_by" not in given["data"]


def test_two_reviewers_and_a_third_where_they_differ(
    log_in: Callable[[str], httpx.Client],
    lake: Lake,
    project: int,
    at: Client,
    others: list[str],
) -> None:
    push(lake, at, project, options=TWO)
    rev, tom, una = (log_in(one) for one in (REV, *others))
    first, second, own = (task_of(lake, at, project, TEXTS[n]) for n in (0, 1, OWN))
    for who in (rev, tom):
        assert decide(who, first, "accept", TEXTS[0]).status_code == 201
    assert decide(rev, second, "accept", TEXTS[1]).status_code == 201
    assert decide(tom, second, "fix", "Two boats.").status_code == 201
    assert decide(tom, own, "accept", TEXTS[OWN]).status_code == 201
    assert collect(lake, at, project, options=TWO).written == 5
    assert count_waiting(lake, TWO) == {"second_review": 1, "adjudication": 1}
    assert [next_task(who, project)["id"] in (first, second) for who in (rev, tom)] == [False] * 2  # type: ignore[index]
    given: dict[int, Any] = {}
    while (task := next_task(una, project)) is not None:
        given[task["id"]] = task["data"]
        assert decide(una, task["id"], "reject").status_code == 201
    assert first not in given
    assert {"decision": "fix", "text": "Two boats."} in given[second]["earlier"]
    assert collect(lake, at, project, options=TWO).written == 4
    texts = dict(lake.read(Captions).select("caption_id", "text").iter_rows())
    held = settled(lake, 2).collect()
    decided = {texts[row["caption_id"]]: row["decision"] for row in held.to_dicts()}
    assert decided == {TEXTS[0]: "accept", TEXTS[1]: "reject"}
    assert count_waiting(lake, TWO) == {"second_review": 2, "adjudication": 1}
