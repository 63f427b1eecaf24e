"""A shard of recordings through the port: rows written and recordings rejected.

The recognizer is a fake that returns at once. The real one:
tests/integration/test_stock_whisper.py.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from annotate.execution.runner import run_step
from annotate.model.ids import sha256_hex
from annotate.model.report import StepReport
from annotate.model.speech import Segment, Word
from annotate.model.tables import Recordings, Transcripts
from annotate.recognizers.options import TranscribeOptions
from annotate.recognizers.recognizer import RecognizerInput, RecognizerOutput
from annotate.store.lake import Lake
from annotate.transcribe.step import Transcribe
from tests.builders import a_recording, frame, rec, sha
from tests.sounds import as_wav, silence, spoken


class FakeRecognizer:
    """Returns one word per window, which ends beyond the end of the audio."""

    engine = "fake"
    model = "none"
    model_sha256 = sha("fake")

    def __init__(self) -> None:
        self.inputs: list[RecognizerInput] = []

    def options(self) -> dict[str, Any]:
        return {"loud": True}

    def transcribe(self, recordings: Iterable[RecognizerInput]) -> Iterator[RecognizerOutput]:
        for speech in recordings:
            self.inputs.append(speech)
            words = [
                Word(text="hi", start_ms=w.start_ms, end_ms=10**6, probability=0.5, segment=i)
                for i, w in enumerate(speech.windows)
            ]
            segments = [
                Segment(
                    start_ms=word.start_ms,
                    end_ms=word.start_ms,
                    text="hi",
                    avg_logprob=-0.1,
                    no_speech_prob=0.0,
                    compression_ratio=1.0,
                    temperature=0.0,
                )
                for word in words
            ]
            yield RecognizerOutput(
                recording_id=speech.recording_id,
                language=speech.language or "und",
                segments=tuple(segments),
                words=tuple(words),
            )


def a_lake(root: Path, **sounds: bytes | None) -> Lake:
    """A lake with a recording for each name; None for one whose audio is lost."""
    lake = Lake(root)
    rows = []
    for name, data in sounds.items():
        blob = f"blobs/audio/00/{name}.wav"
        if data is not None:
            lake.blobs.write(blob, data)
        rows.append(a_recording(name, blob=blob, sha256=sha256_hex(data or b"")))
    lake.append(Recordings, frame(Recordings, rows))
    return lake


def transcribe(lake: Lake, fake_recognizer: FakeRecognizer) -> StepReport:
    return run_step(Transcribe(TranscribeOptions(model="demo"), fake_recognizer), lake)


def test_a_transcript_has_everything_to_reproduce_it(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, a=as_wav(spoken()))
    report = transcribe(lake, FakeRecognizer())
    assert (report.written, report.audio_seconds) == (1, 12.0)
    row = lake.read(Transcripts).row(0, named=True)
    assert (row["engine"], row["model_sha256"]) == ("fake", sha("fake"))
    assert json.loads(row["options"]) == {"loud": True}
    assert (row["language"], row["duration_ms"], row["text"]) == ("en", 12_000, "hi")
    # Trimmed to the end of the speech.
    assert row["words"][0]["end_ms"] == row["speech"][-1]["end_ms"] == 12_000
    assert row["speech_dbfs"] > row["noise_dbfs"] + 15


def test_silence_gives_an_empty_transcript(tmp_path: Path) -> None:
    lake, fake_recognizer = a_lake(tmp_path, a=as_wav(silence(8.0))), FakeRecognizer()
    transcribe(lake, fake_recognizer)
    assert fake_recognizer.inputs[0].windows == ()
    row = lake.read(Transcripts).row(0, named=True)
    assert (row["words"], row["text"], row["speech_dbfs"]) == ([], "", None)


def test_a_bad_recording_does_not_affect_others(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, good=as_wav(silence(2.0)), torn=b"not sound at all", lost=None)
    report = transcribe(lake, FakeRecognizer())
    assert (report.written, report.quarantined) == (1, {"missing_audio": 1, "not_audio": 1})
    assert lake.read(Transcripts)["recording_id"].to_list() == [rec("good")]


def test_a_transcribed_recording_is_not_transcribed_again(tmp_path: Path) -> None:
    lake, fake_recognizer = a_lake(tmp_path, a=as_wav(silence(2.0))), FakeRecognizer()
    transcribe(lake, fake_recognizer)
    assert transcribe(lake, fake_recognizer).reused == 1
    assert len(fake_recognizer.inputs) == 1


def test_the_device_does_not_change_the_step_key() -> None:
    on_cpu = Transcribe(
        TranscribeOptions(model="demo", device="cpu"), FakeRecognizer()
    ).parameters()
    assert (
        on_cpu
        == Transcribe(TranscribeOptions(model="demo", device="cuda"), FakeRecognizer()).parameters()
    )
