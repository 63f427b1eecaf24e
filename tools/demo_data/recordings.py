"""The files of one narration: a recording, its truth, its trace and a row of the manifest."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from encode import CONTAINERS, encode
from narration import Narration, read_narration
from narration_audio import NarrationAudio, synthesize
from pointer import PointerPath, draw_path
from regions import read_boxes

Row = dict[str, Any]

_FIRST_CONSENT = datetime(2026, 11, 1, 9, 0, 0, tzinfo=UTC)
_BETWEEN_RECORDINGS = timedelta(minutes=3, seconds=11)


def list_narrations(source: Path) -> list[Path]:
    """The narration files in the order of the manifest."""
    return sorted((source / "narrations").glob("*.md"))


def make_recording(source: Path, output: Path, name: str) -> Row:
    """Write recording, truth and trace of one narration; returns its row of the manifest."""
    narration = read_narration(source / "narrations" / f"{name}.md")
    audio = synthesize(narration)
    boxes = read_boxes(source / "regions.json", narration.image)
    path = draw_path(audio.mentions, boxes, audio.duration_ms, name)
    container = CONTAINERS[narration.container]
    recording = f"recordings/{name}.{container.suffix}"
    write_bytes(output / recording, encode(audio.samples, container))
    write_json(output / "truth" / f"{name}.json", describe_truth(audio))
    write_json(output / "traces" / f"{name}.json", describe_trace(path))
    names = [file.stem for file in list_narrations(source)]
    return describe_row(narration, audio, recording, names.index(name))


def describe_truth(audio: NarrationAudio) -> dict[str, Any]:
    """Every word and mention with its true time."""
    return {
        "words": [
            {"word": word.text, "start_ms": word.start_ms, "end_ms": word.end_ms}
            for word in audio.words
        ],
        "text": audio.text,
        "mentions": [
            {
                "region": mention.region,
                "text": mention.text,
                "start_ms": mention.start_ms,
                "end_ms": mention.end_ms,
            }
            for mention in audio.mentions
        ],
    }


def describe_trace(path: PointerPath) -> dict[str, Any]:
    """The trace's segments and the deliberate points."""
    return {
        "segments": [[asdict(point) for point in segment] for segment in path.segments],
        "points": [asdict(click) for click in path.clicks],
    }


def describe_row(narration: Narration, audio: NarrationAudio, recording: str, index: int) -> Row:
    """A row of the manifest; `index` determines the time of the recording."""
    rng = random.Random(f"client of {narration.name}")
    recorded_at = _FIRST_CONSENT + (index + 1) * _BETWEEN_RECORDINGS
    return {
        "recording": recording,
        "image": f"images/{narration.image}",
        "annotator": narration.annotator,
        "trace": f"traces/{narration.name}.json",
        "prompts": [asdict(prompt) for prompt in audio.prompts],
        "client_ms": audio.duration_ms + rng.randint(-140, 140),
        "language": "en",
        "consent": {"scope": "public", "at": _stamp(_FIRST_CONSENT), "statement": "demo-v1"},
        "recorded_at": _stamp(recorded_at),
        "synthetic_voice": True,
    }


def write_json(path: Path, content: object) -> None:
    """Write compact JSON with a newline at its end."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    write_bytes(path, f"{text}\n".encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, with its parent folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
