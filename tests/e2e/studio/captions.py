"""A lake of captions to review, made from the demo's images, recordings, traces and references.

No recognizer runs. The transcripts are the reference words, except for one wrong word with a low
probability in each recording.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotate.align.step import Align
from annotate.caption.step import Compose
from annotate.check.step import Check
from annotate.execution.runner import run_step
from annotate.ingest.step import Ingest
from annotate.label_studio.client import Studio as Client
from annotate.label_studio.projects import review_config
from annotate.label_studio.review_task import MODEL_VERSION
from annotate.model.ids import recording_id, sha256_hex
from annotate.model.tables import Transcripts
from annotate.review.push import push
from annotate.store.lake import Lake
from tests.builders import a_transcript, frame
from tests.e2e.studio.server import Studio
from tests.sounds import DEMO

MISRECOGNIZED = {
    "cat-01": ("nearly", "merely"),
    "cat-02": ("sleepy.", "sleeping."),
    "coffee-01": ("wooden", "wood"),
    "rocket-01": ("tall", "tell"),
    "flower-01": ("round", "rowed"),
    "officer-01": None,
}
"""The reference word of each recording and the wrong one in its transcript; None: Arabic."""

ARABIC = (
    "هذه صورة امرأة تبتسم وترتدي زيًا رسميًا أزرق اللون. "
    "خلفها علم ونموذج مكوك فضاء على الطاولة. "
    "شعرها بني قصير، وعلى كتفها شارة صغيرة. "
    "الإضاءة ناعمة، والصورة مأخوذة من الأمام. "
)
"""The transcript of the last recording, instead of its reference."""

UNSURE = 0.31


@dataclass(frozen=True)
class PushedCaptions:
    """Captions pushed once, as tasks from which each test can create its own project."""

    lake: Lake
    label_studio: Client
    tasks: list[dict[str, Any]]

    @classmethod
    def create(cls, studio: Studio, label_studio: Client, root: Path) -> PushedCaptions:
        """Push the captions, so that their images and audio are stored on the server."""
        lake = lake_of_captions(root)
        with studio.api() as api:
            source_project = api.post(
                "/api/projects/", json={"title": "waiting", "label_config": review_config()}
            ).json()["id"]
            assert push(lake, label_studio, source_project).pushed == 5
            listed = api.get("/api/tasks/", params={"project": source_project, "fields": "all"})
        tasks = [
            {
                "data": task["data"],
                "predictions": [{"model_version": MODEL_VERSION, "result": one["result"]}],
            }
            for task in listed.json()["tasks"]
            for one in task["predictions"]
        ]
        assert len(tasks) == 5
        return cls(lake, label_studio, tasks)

    def project(self, studio: Studio, title: str, only: str = "") -> int:
        """Create a project for two reviewers from the tasks whose captions contain `only`."""
        tasks = [one for one in self.tasks if only in one["data"]["caption"]]
        config = {"title": title, "label_config": review_config(), "maximum_annotations": 2}
        shown = {"show_collab_predictions": True, "model_version": MODEL_VERSION}
        with studio.api() as api:
            project: int = api.post("/api/projects/", json=config).json()["id"]
            sent = api.post(f"/api/projects/{project}/import", json=tasks)
            assert sent.status_code == 201, sent.text
            api.patch(f"/api/projects/{project}/", json=shown).raise_for_status()
        return project

    def task_with(self, project: int, text: str) -> int:
        """The id of the task whose caption contains this text."""
        data = self.label_studio.task_data(project)
        (found,) = [task for task, one in data.items() if text in one["caption"]]
        return found


def lake_of_captions(root: Path) -> Lake:
    """Five images and six recordings, after all stages up to captions except transcription."""
    source = _source(root / "source")
    lake = Lake(root / "lake")
    run_step(Ingest(source, name="demo"), lake)
    rows = [_transcript_row(source, name) for name in MISRECOGNIZED]
    assert lake.append(Transcripts, frame(Transcripts, rows)).is_empty()
    for step in (Align(), Check(), Compose()):
        run_step(step, lake)
    return lake


def _source(root: Path) -> Path:
    """A folder with only these recordings of the demo."""
    lines = (DEMO / "manifest.jsonl").read_text("utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if Path(row["recording"]).stem in MISRECOGNIZED]
    for row in rows:
        for key in ("recording", "image", "trace"):
            target = root / row[key]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(DEMO / row[key], target)
    (root / "manifest.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return root


def _transcript_row(source: Path, name: str) -> dict[str, Any]:
    reference = json.loads((DEMO / "truth" / f"{name}.json").read_text("utf-8"))
    texts = ARABIC.split() if MISRECOGNIZED[name] is None else reference["text"].split()
    right, wrong = MISRECOGNIZED[name] or ("ناعمة،", "ناعم،")
    at = texts.index(right)
    words = [
        {
            **{"text": text, "start_ms": word["start_ms"], "end_ms": word["end_ms"]},
            **{"probability": 0.97, "segment": 0, "interpolated": False},
        }
        for text, word in zip(texts, reference["words"], strict=False)
    ]
    words[at] |= {"text": wrong, "probability": UNSURE}
    audio = next((source / "recordings").glob(f"{name}.*")).read_bytes()
    language = "ar" if MISRECOGNIZED[name] is None else "en"
    text = " ".join(word["text"] for word in words)
    row = a_transcript(text, words=words, language=language)
    return {**row, "recording_id": recording_id(sha256_hex(audio))}
