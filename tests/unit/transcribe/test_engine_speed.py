"""The fastest engine by a stub's clock, and the recordings that it is measured with."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from annotate.model.errors import AnnotateError
from annotate.model.ids import sha256_hex
from annotate.model.speech import Span
from annotate.model.tables import Recordings
from annotate.recognizers.options import ActivityOptions, Engine, TranscribeOptions
from annotate.recognizers.recognizer import Recognizer, RecognizerInput, RecognizerOutput
from annotate.store.lake import Lake
from annotate.transcribe import engine_speed
from annotate.transcribe.engine_speed import Sample, fastest, take_sample
from annotate.transcribe.step import Transcribe
from tests.builders import a_recording, frame
from tests.sounds import as_wav, silence, spoken


class Clock:
    """A clock that only the stub engines advance."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Stub:
    """Takes a given time for each recording, longer in its first call and while disturbed.

    Args:
        disturbed: The number of the call in which each recording takes 100 seconds more.
    """

    model, model_sha256 = "stub", "0"

    def __init__(
        self, engine: Engine, clock: Clock, seconds: float, disturbed: int | None = None
    ) -> None:
        self.engine = engine
        self._disturbed, self._calls = disturbed, 0
        self._clock, self._seconds = clock, seconds
        self._loading = 1000.0

    def options(self) -> dict[str, Any]:
        return {}

    def transcribe(self, recordings: Iterable[RecognizerInput]) -> Iterator[RecognizerOutput]:
        self._calls += 1
        for speech in recordings:
            self._clock.seconds += self._seconds + self._loading
            self._clock.seconds += 100.0 if self._calls == self._disturbed else 0.0
            self._loading = 0.0
            yield RecognizerOutput(
                recording_id=speech.recording_id, language="en", segments=(), words=()
            )


def a_sample(count: int = 2) -> Sample:
    one = RecognizerInput(
        recording_id="a",
        samples=np.zeros(16, np.float32),
        windows=(Span(start_ms=0, end_ms=1),),
        language=None,
    )
    return Sample(inputs=(one,) * count, audio_ms=count * 30_000)


def chosen(sample: Sample, **seconds: float | Exception) -> Any:
    clock = Clock()

    def make(engine: Engine) -> Recognizer:
        found = seconds[engine]
        if isinstance(found, Exception):
            raise found
        return Stub(engine, clock, found)

    return fastest(("annotate", "ctranslate2"), sample, make, clock)


def test_the_fastest_is_chosen_after_a_warm_up() -> None:
    choice = chosen(a_sample(), annotate=1, ctranslate2=4)
    assert str(choice) == (
        "engine annotate: 30 s of audio a second, ctranslate2 7.5 (2 recordings, 60 s)"
    )
    choice = chosen(a_sample(1), annotate=4, ctranslate2=1)
    assert str(choice) == (
        "engine ctranslate2: 30 s of audio a second, annotate 7.5 (1 recording, 30 s)"
    )


@pytest.mark.parametrize("disturbed", [2, 3])
def test_other_programs_may_disturb_one_of_two_runs(disturbed: int) -> None:
    clock = Clock()

    def make(engine: Engine) -> Recognizer:
        fast = engine == "annotate"
        return Stub(engine, clock, 1.0 if fast else 4.0, disturbed if fast else None)

    choice = fastest(("annotate", "ctranslate2"), a_sample(), make, clock)
    assert choice.reason == "30 s of audio a second, ctranslate2 7.5 (2 recordings, 60 s)"


def test_of_equally_fast_ones_the_first_is_chosen() -> None:
    assert chosen(a_sample(), annotate=2, ctranslate2=2).engine == "annotate"


@pytest.mark.parametrize(
    ("error", "text"),
    [(AnnotateError("no space"), "no space"), (RuntimeError("no GPU"), "RuntimeError: no GPU")],
)
def test_an_engine_that_fails_is_not_chosen(error: Exception, text: str) -> None:
    choice = chosen(a_sample(), annotate=30, ctranslate2=error)
    assert choice.engine == "annotate"
    assert choice.reason.endswith(f"(2 recordings, 60 s); ctranslate2 failed ({text})")


def test_if_all_fail_the_error_is_the_first_ones() -> None:
    with pytest.raises(AnnotateError, match="damaged"):
        chosen(a_sample(), annotate=AnnotateError("damaged"), ctranslate2=AnnotateError("no"))


def test_an_interruption_ends_the_measurement() -> None:
    def make(engine: Engine) -> Recognizer:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fastest(("annotate", "ctranslate2"), a_sample(), make, Clock())


def test_without_speech_the_first_is_chosen() -> None:
    choice = chosen(Sample(inputs=(), audio_ms=0))
    assert choice.engine == "annotate"
    assert choice.reason == "no speech to measure with in the first 32 recordings"


def in_a_lake(root: Path, *audio: bytes) -> tuple[Lake, pl.DataFrame]:
    lake, rows = Lake(root), []
    for number, data in enumerate(audio):
        blob = f"blobs/audio/00/{number}.wav"
        lake.blobs.write(blob, data)
        rows.append(a_recording(str(number), blob=blob, sha256=sha256_hex(data)))
    lake.append(Recordings, frame(Recordings, rows))
    return lake, Transcribe(TranscribeOptions(model="demo")).inputs(lake)


def sample_of(root: Path, *audio: bytes) -> Sample:
    lake, recordings = in_a_lake(root, *audio)
    return take_sample(lake, recordings, ActivityOptions())


def test_unreadable_and_silent_recordings_are_passed_over(tmp_path: Path) -> None:
    speech = as_wav(spoken("cat-01", 0, 4))
    sample = sample_of(tmp_path, b"no audio", as_wav(silence(4)), speech)
    assert len(sample.inputs) == 1
    assert sample.audio_ms == pytest.approx(4000, abs=50)
    nothing = sample_of(tmp_path / "other", b"no audio", as_wav(silence(4)))
    assert nothing == Sample(inputs=(), audio_ms=0) or nothing.inputs == ()


def test_a_sample_has_few_recordings(tmp_path: Path) -> None:
    sample = sample_of(tmp_path, *[as_wav(spoken("cat-01", 0, 3 + n / 10)) for n in range(6)])
    assert len(sample.inputs) == 4


def test_a_long_recording_is_used_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_speed, "LONGEST_MS", 31_000)
    monkeypatch.setattr(engine_speed, "ENOUGH_MS", 10_000)
    sample = sample_of(tmp_path, as_wav(spoken("astronaut-01", 0, 45)))
    (one,) = sample.inputs
    assert one.windows[-1].end_ms == sample.audio_ms <= 31_000
