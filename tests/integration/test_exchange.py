"""Ingest from a real Label Studio, push of captions and collection of decisions over its API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from annotate.execution.runner import run_step
from annotate.ingest.step import Ingest
from annotate.ingest.studio import StudioSource
from annotate.label_studio.client import Studio as Client
from annotate.label_studio.projects import review_config
from annotate.media.audio import decode
from annotate.model.ids import recording_id, sha256_hex
from annotate.model.report import StepReport
from annotate.model.tables import (
    Captions,
    Images,
    Narrations,
    Recordings,
    Reviews,
    Traces,
    Transcripts,
    Verdicts,
)
from annotate.review.agreement import agreement
from annotate.review.collect import collect
from annotate.review.push import push
from annotate.store.lake import Lake
from annotate.store.pseudonyms import Pseudonyms
from annotate.store.standing import consents
from tests import needs
from tests.builders import a_narration, a_transcript, frame
from tests.e2e.studio.configs import record_config
from tests.e2e.studio.server import ANN, BEA, REV, TOKEN, Studio, start

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

DEMO = Path(__file__).parents[2] / "data" / "demo"
MAX_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Setting:
    """A running server with a record and a review project, and an annotator's first recordings."""

    server: Studio
    client: Client
    record: int
    review: int
    tasks: list[int]
    annotations: list[int]
    lake: Lake

    def ingest(self) -> StepReport:
        source = StudioSource(self.client, str(self.record), MAX_BYTES)
        return run_step(Ingest(source), self.lake)

    def scopes(self) -> dict[str, str]:
        sources = self.lake.current(Recordings).select("recording_id", "source")
        rows = sources.join(consents(self.lake), on="recording_id").select("source", "scope")
        return {source.rpartition("/")[2]: scope for source, scope in rows.collect().iter_rows()}


def hand_in(server: Studio, email: str, task: int, name: str) -> int:
    """Upload one of the demo's recordings and submit its annotation, as the page does."""
    audio = (DEMO / "recordings" / f"{name}.webm").read_bytes()
    trace = json.loads((DEMO / "traces" / f"{name}.json").read_text("utf-8"))
    moment = "2026-11-24T10:00:00+00:00"
    meta: dict[str, Any] = {
        "client_ms": decode(audio).duration_ms,
        "trace": trace,
        "prompts": [],
        "recorded_at": moment,
        "consented_at": moment,
        "language": "en",
        "media_type": "audio/webm",
    }
    with closing(server.session(email)) as session:
        protocol = session.get(f"/annotate/tasks/{task}/protocol").json()
        consent = {key: protocol["protocol"]["consent"][key] for key in ("scope", "statement")}
        meta["consent"] = {**consent, "sha256": protocol.get("consent_sha256")}
        uploaded = session.post(
            "/annotate/recordings",
            data={"task": task, "sha256": sha256_hex(audio), "meta": json.dumps(meta)},
            files={"audio": ("a.webm", audio, "audio/webm")},
            headers={"Origin": server.url},
        )
        assert uploaded.status_code == 201, uploaded.text
        return annotate(session, task, "recording", {"text": [json.dumps(uploaded.json())]})


def annotate(session: httpx.Client, task: int, control: str, value: Any) -> int:
    return submit(session, task, [region(control, value)])


def region(control: str, value: Any, kind: str = "textarea") -> dict[str, Any]:
    return {"from_name": control, "to_name": "image", "type": kind, "value": value, "id": control}


def submit(session: httpx.Client, task: int, result: list[dict[str, Any]], **more: Any) -> int:
    created = session.post(f"/api/tasks/{task}/annotations/", json={"result": result, **more})
    assert created.status_code == 201, created.text
    number: int = created.json()["id"]
    return number


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    needs.label_studio()
    running = start(tmp_path_factory.mktemp("studio"))
    yield running
    running.stop()


@pytest.fixture
def setting(server: Studio, tmp_path: Path) -> Iterator[Setting]:
    images = [DEMO / "images" / "astronaut.jpg", DEMO / "images" / "coffee.jpg"]
    title = f"exchange {tmp_path.name}"
    record = server.record_project(record_config(), images, title)
    with server.api() as api:
        created = api.post(
            "/api/projects/", json={"title": f"{title} review", "label_config": review_config()}
        )
        assert created.status_code == 201, created.text
    annotations = [
        hand_in(server, ANN, record.tasks[0], "astronaut-01"),
        hand_in(server, BEA, record.tasks[1], "coffee-01"),
    ]
    with Client(server.url, TOKEN) as client:
        yield Setting(
            server,
            client,
            record.id,
            created.json()["id"],
            record.tasks,
            annotations,
            Lake(tmp_path / "lake"),
        )


def test_recordings_are_ingested_once_and_withdrawn_with_their_annotation_or_task(
    setting: Setting,
) -> None:
    assert setting.ingest().written == 2
    audio = (DEMO / "recordings" / "astronaut-01.webm").read_bytes()
    rows = {row["recording_id"]: row for row in setting.lake.read(Recordings).to_dicts()}
    row = rows[recording_id(sha256_hex(audio))]
    name = f"ls-{setting.server.users[ANN]}"
    assert row["annotator_id"] == Pseudonyms(setting.lake).of(name)
    assert row["client_ms"] == row["duration_ms"]
    assert setting.lake.blobs.get(row["blob"]) == audio
    image = sha256_hex((DEMO / "images" / "astronaut.jpg").read_bytes())
    assert image in set(setting.lake.read(Images)["sha256"])
    trace = json.loads((DEMO / "traces" / "astronaut-01.json").read_text("utf-8"))
    traces = {row["recording_id"]: row for row in setting.lake.read(Traces).to_dicts()}
    assert traces[row["recording_id"]]["segments"] == trace["segments"]

    again = setting.ingest()
    assert (again.written, again.reused) == (0, 2)
    tasks = list(setting.client.changed_tasks(setting.record, None))
    earliest, latest = sorted(datetime.fromisoformat(task["updated_at"]) for task in tasks)
    (task,) = setting.client.changed_tasks(setting.record, earliest)
    assert datetime.fromisoformat(task["updated_at"]) == latest

    first, second = map(str, setting.annotations)
    with setting.server.api() as api:
        api.patch(f"/api/annotations/{first}/", json={"was_cancelled": True}).raise_for_status()
    setting.ingest()
    assert setting.scopes() == {first: "withdrawn", second: "public"}

    with setting.server.api() as api:
        api.patch(f"/api/annotations/{first}/", json={"was_cancelled": False}).raise_for_status()
        api.delete(f"/api/tasks/{setting.tasks[1]}/").raise_for_status()
    setting.ingest()
    assert setting.scopes() == {first: "public", second: "withdrawn"}
    assert setting.ingest().written == 0


PHRASE = {
    **{"first_word": 0, "end_word": 2, "text": "a woman", "start_ms": 0, "end_ms": 600},
    **{"x_frac": 0.4, "y_frac": 0.3, "box": None, "tie": "trace", "confidence": 0.9},
}
VERDICT = {
    **{"check": "is_noisy", "status": "flag", "value": 3.0, "threshold": 6.0},
    **{"reason": "noisy", "detail": "speech stands 3 dB above the rest"},
}


def lineage_of(words: list[dict[str, Any]], recording: str) -> list[dict[str, Any]]:
    lineage, start_char = [], 0
    for index, word in enumerate(words):
        end_char = start_char + len(word["text"])
        lineage.append(
            {
                **{"start_char": start_char, "end_char": end_char, "kind": "spoken"},
                **{"recording_id": recording, "word": index},
                **{key: word[key] for key in ("start_ms", "end_ms", "x_frac", "y_frac")},
            }
        )
        start_char = end_char + 1
    return lineage


def a_caption(lake: Lake) -> dict[str, Any]:
    """Add a caption of one recording, and the rows that its review task shows."""
    row = lake.read(Recordings).filter(pl.col("source").str.contains("/")).row(0, named=True)
    text = "a woman in an orange suit <b>smiles</b>"
    ids = {"recording_id": row["recording_id"], "image_id": row["image_id"]}
    narration = a_narration(text, **ids, annotator_id=row["annotator_id"])
    narration["phrases"] = [PHRASE]
    transcript = a_transcript(text, recording_id=row["recording_id"])
    verdict = {"recording_id": row["recording_id"], **VERDICT}
    caption = {
        "image_id": row["image_id"],
        "caption_id": "cap_00000000000000aa",
        "text": text,
        "lineage": lineage_of(narration["words"], row["recording_id"]),
        "recordings": [row["recording_id"]],
    }
    for table, row_added in (
        (Narrations, narration),
        (Transcripts, transcript),
        (Verdicts, verdict),
        (Captions, caption),
    ):
        assert lake.append(table, frame(table, [row_added])).is_empty()
    return caption


def check_task(setting: Setting, task: dict[str, Any], caption: dict[str, Any]) -> None:
    """Check that a reviewer sees the caption, its image, its audio and the checks' verdicts."""
    assert task["data"]["caption_id"] == caption["caption_id"]
    assert "noisy" in task["data"]["verdicts"]
    with closing(setting.server.session(REV)) as session:
        audio = session.get(task["data"]["audio"])
        assert decode(audio.content).container == "webm"
        assert session.get(task["data"]["image"]).status_code == 200
        shown = session.get(f"/api/tasks/{task['id']}/").json()["predictions"][0]["result"]
    assert [one["from_name"] for one in shown] == ["caption"]
    assert len(task["data"]["review"]["words"]) == len(caption["lineage"])


def test_captions_are_pushed_once_and_decisions_are_collected(setting: Setting) -> None:
    setting.ingest()
    caption = a_caption(setting.lake)
    assert push(setting.lake, setting.client, setting.review).pushed == 1
    again = push(setting.lake, setting.client, setting.review)
    assert (again.pushed, again.there) == (0, 1)

    (task,) = setting.client.changed_tasks(setting.review, None)
    check_task(setting, task, caption)
    edited = "A woman in an orange spacesuit <b>smiles</b>"
    result = [
        region("caption", {"text": [edited]}),
        region("decision", {"choices": ["fix"]}, "choices"),
    ]
    with closing(setting.server.session(REV)) as session:
        number = submit(session, task["id"], result, lead_time=41.5)
    assert collect(setting.lake, setting.client, setting.review).written == 1
    row = setting.lake.read(Reviews).row(0, named=True)
    assert (row["decision"], row["text"], row["seconds"]) == ("fix", edited, 41.5)
    assert row["reviewer"] == f"ls-{setting.server.users[REV]}"
    assert not row["automatic"]
    assert [one["kind"] for one in row["lineage"]] == ["spoken"] * 5 + ["edited", "spoken"]

    again = collect(setting.lake, setting.client, setting.review)
    assert (again.written, again.reused) == (0, 1)

    changed = [region("caption", {"text": [edited]})]
    changed.append(region("decision", {"choices": ["reject"]}, "choices"))
    changed.append(region("reason", {"choices": ["offensive"]}, "choices"))
    with closing(setting.server.session(REV)) as session:
        session.patch(f"/api/annotations/{number}/", json={"result": changed}).raise_for_status()
    assert collect(setting.lake, setting.client, setting.review).written == 1
    row = setting.lake.read(Reviews).row(0, named=True)
    assert (row["decision"], row["reasons"], row["text"]) == (
        "reject",
        ["offensive"],
        caption["text"],
    )
    (by_reviewer,) = agreement(setting.lake)["by_reviewer"]
    assert (by_reviewer["captions"], by_reviewer["reject"]) == (1, 1.0)
