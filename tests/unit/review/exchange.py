"""A lake with captions, and a stub of Label Studio with a review project."""

from pathlib import Path
from typing import Any

from annotate.model.report import StepReport
from annotate.model.tables import (
    Captions,
    Consents,
    Images,
    Narrations,
    Recordings,
    Reviews,
    Transcripts,
    Verdicts,
)
from annotate.release.options import ReleaseOptions
from annotate.release.select import select
from annotate.review.collect import collect
from annotate.review.push import PushReport, push
from tests.builders import (
    Row,
    a_consent,
    a_narration,
    a_recording,
    a_transcript,
    a_verdict,
    an_image,
    frame,
    img,
    lake_with,
    narrated,
    rec,
    words,
)
from tests.sounds import as_wav, encoded, tone
from tests.unit.label_studio.stub import StubStudio

TEXT = "A cat sits on a <b>sofa</b>."
PHRASE = {
    **{"first_word": 0, "end_word": 2, "text": "a cat", "start_ms": 0, "end_ms": 600},
    **{"x_frac": 0.25, "y_frac": 0.5, "box": None, "tie": "trace", "confidence": 0.9},
}
FLAG = {
    **{"recording_id": rec("a"), "check": "is_noisy", "status": "flag", "value": 3.0},
    **{"threshold": 6.0, "reason": "noisy", "detail": "3 dB <script>"},
}


def cap(number: int) -> str:
    return f"cap_{number:016x}"


def recording_name(number: int) -> str:
    """The name of the recording of an image, by the image's number: `a` for the first."""
    return "a" if number == 1 else f"a{number}"


def lineage_of(text: str, recording: str) -> list[dict[str, Any]]:
    found, start_char = [], 0
    for index, word in enumerate(text.split()):
        end_char = start_char + len(word)
        found.append(
            {
                "start_char": start_char,
                "end_char": end_char,
                "kind": "spoken",
                "recording_id": recording,
                "word": index,
                "start_ms": index * 300,
                "end_ms": index * 300 + 300,
                "x_frac": None,
                "y_frac": None,
            }
        )
        start_char = end_char + 1
    return found


def a_caption(number: int = 1, text: str = TEXT, **over: Any) -> dict[str, Any]:
    row = {"image_id": img(f"i{number}"), "caption_id": cap(number), "text": text}
    recording = rec(recording_name(number))
    return {**row, "lineage": lineage_of(text, recording), "recordings": [recording], **over}


def cat_transcript(name: str) -> Row:
    """A transcript of `TEXT` in two segments; words of the second have a low probability."""
    confident, doubtful = TEXT.split()[:3], TEXT.split()[3:]
    recognized = [
        *words(" ".join(confident)),
        *words(" ".join(doubtful), start_ms=900, probability=0.6, segment=1),
    ]
    row = a_transcript("a cat", name, words=recognized)
    (segment,) = row["segments"]
    row["segments"] = [
        {**segment, "text": " a cat", "end_ms": 600},
        {**segment, "text": " on a sofa", "start_ms": 600, "end_ms": 1500},
    ]
    return row


class Setting:
    """A lake with captions of two recordings and a review project."""

    def __init__(self, root: Path, captions: int = 1):
        self.lake = lake_with(root / "lake", {Captions: map(a_caption, range(1, captions + 1))})
        audio = {
            "a": (encoded(tone(4.0), "webm", "libopus"), "webm"),
            "b": (as_wav(tone(3.0)), "wav"),
        }
        blobs = {name: self.lake.blobs.put("audio", *file) for name, file in audio.items()}
        picture = self.lake.blobs.put("images", b"picture", "jpg")
        numbers = range(1, captions + 1)
        self.add(Images, *(an_image(f"i{n}", blob=picture) for n in numbers))
        recordings = [("b", img("i1")), *((recording_name(n), img(f"i{n}")) for n in numbers)]
        self.add(
            Recordings,
            *(a_recording(name, image_id=at, blob=blobs[name[:1]]) for name, at in recordings),
        )
        self.add(Consents, *(a_consent(name) for name, _ in recordings))
        cats = [recording_name(n) for n in numbers]
        self.add(Transcripts, a_transcript("a dog", "b"), *map(cat_transcript, cats))
        narrated_rows = {name: (narrated(TEXT), [PHRASE]) for name in cats} | {
            "b": (narrated("a dog"), [])
        }
        self.add(
            Narrations,
            *(
                a_narration(
                    TEXT,
                    name,
                    image_id=at,
                    words=narrated_rows[name][0],
                    phrases=narrated_rows[name][1],
                )
                for name, at in recordings
            ),
        )
        self.add(Verdicts, FLAG, *(a_verdict(name) for name, _ in recordings))
        self.stub = StubStudio()
        self.project = self.stub.project("annotate: review")

    def add(self, table: Any, *rows: dict[str, Any]) -> None:
        assert self.lake.append(table, frame(table, rows)).is_empty()

    def add_narration(self, name: str, text: str) -> None:
        """Add a new narration of a recording, which replaces the old one."""
        self.add(
            Narrations,
            a_narration(text, name, words=narrated(text), step_key="new", image_id=img("i1")),
        )

    def push(self, **more: Any) -> PushReport:
        with self.stub.client() as client:
            return push(self.lake, client, self.project, **more)

    def collect(self) -> StepReport:
        with self.stub.client() as client:
            return collect(self.lake, client, self.project)

    def pushed(self) -> list[dict[str, Any]]:
        return self.stub.tasks_of(self.project)

    def review(self) -> dict[str, Any]:
        (row,) = self.lake.read(Reviews).to_dicts()
        return row

    def released(self) -> int:
        return select(self.lake, ReleaseOptions()).images.height
