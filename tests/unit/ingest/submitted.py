"""A lake, and a stub of a Label Studio server with submitted recordings."""

import io
import json
from pathlib import Path
from typing import Any

from PIL import Image
from pydantic import SecretStr

from annotate.execution.runner import run_step
from annotate.ingest.step import Ingest
from annotate.ingest.studio import StudioSource
from annotate.model.ids import recording_id, sha256_hex
from annotate.model.report import StepReport
from annotate.store.lake import Lake
from annotate.store.standing import consents
from tests.sounds import as_wav, tone
from tests.unit.label_studio.stub import StubStudio, a_record, a_reference, handed_in

POINT = {"x_frac": 0.5, "y_frac": 0.25, "t_ms": 100}


class Setting:
    """A record project with one image, and a lake."""

    def __init__(self, root: Path):
        self.stub = StubStudio()
        self.lake = Lake(root / "lake")
        self.project = self.stub.project("annotate: record")
        picture = io.BytesIO()
        Image.new("RGB", (40, 30), "teal").save(picture, "JPEG")
        self.picture = picture.getvalue()
        self.stub.files["/data/a.jpg"] = self.picture
        self.task = self.new_task()

    def new_task(self, **over: Any) -> int:
        data = {"image": "/data/a.jpg", "name": "cat.jpg", "image_sha256": sha256_hex(self.picture)}
        return self.stub.task(self.project, {**data, **over})

    def record(
        self, hertz: float = 440.0, task: int | None = None, user: int = 5, **over: Any
    ) -> tuple[int, str]:
        """Upload and submit a recording; return the annotation's number and the recording's id."""
        task = self.task if task is None else task
        reference, recording = self.upload(hertz, task=task, user=user, **over)
        return self.stub.annotate(task, handed_in(reference), user=user), recording

    def upload(
        self, hertz: float, task: int | None = None, user: int = 5, **over: Any
    ) -> tuple[dict[str, Any], str]:
        """Store a recording on the server; return its reference and its id in the lake."""
        audio = as_wav(tone(2.0, hertz=hertz))
        reference = a_reference(audio, **over)
        path = f"/annotate/recordings/{reference['recording']}"
        self.stub.files[path] = audio
        trace = {"segments": [[POINT]], "points": [POINT]}
        self.stub.files[f"{path}/trace"] = json.dumps(trace).encode()
        owner = {"user": user, "project": self.project, "task": task or self.task}
        self.stub.records[reference["recording"]] = a_record(reference, **owner)
        return reference, recording_id(sha256_hex(audio))

    def ingest(self) -> StepReport:
        with self.stub.client() as client:
            source = StudioSource(client, "annotate: record", 2**20)
            return run_step(Ingest(source, pseudonym_key=SecretStr("tests")), self.lake)

    def scopes(self) -> dict[str, str]:
        """The consent in force of each recording."""
        return dict(consents(self.lake).collect().iter_rows())

    def rejected(self) -> dict[str, str]:
        return dict(self.lake.quarantined().select("item", "reason").iter_rows())

    def fetched(self) -> list[str]:
        files = (one for one in self.stub.requests if "/annotate/" in one or "/data/" in one)
        return [one for one in files if not one.endswith("/record")]
