"""One engine for several threads: loaded once, one at a time, a single recording before many."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pytest

from annotate.model.errors import AnnotateError
from annotate.recognizers import engines
from annotate.recognizers.options import DecodingOptions, TranscribeOptions
from annotate.recognizers.recognizer import RecognizerInput, RecognizerOutput
from annotate.serve.engine import AT_A_TIME, SharedEngine

PATIENCE = 60.0


def speech(name: str) -> RecognizerInput:
    return RecognizerInput(
        recording_id=name, samples=np.zeros(16, np.float32), windows=(), language=None
    )


class Slow:
    """A fake engine that blocks until a test releases it, to control the order of calls.

    Attributes:
        order: Ids of the recordings in the order of their transcription.
    """

    engine, model, model_sha256 = "annotate", "slow", "0"

    def __init__(self) -> None:
        self.order: list[str] = []
        self.started, self.proceed = threading.Semaphore(0), threading.Semaphore(0)
        self.running = 0
        self.too_large: set[str] = set()

    def options(self) -> dict[str, Any]:
        return {"slow": True}

    def transcribe(self, recordings: Iterable[RecognizerInput]) -> Iterator[RecognizerOutput]:
        several = list(recordings)
        self.running += 1
        assert self.running == 1, "two at a time"
        self.order += [one.recording_id for one in several]
        self.started.release()
        assert self.proceed.acquire(timeout=PATIENCE)
        self.running -= 1
        for one in several:
            if one.recording_id not in self.too_large:
                yield RecognizerOutput(
                    recording_id=one.recording_id, language="en", segments=(), words=()
                )
        if self.too_large & {one.recording_id for one in several}:
            raise AnnotateError("too large")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    engine = Slow()
    loads: list[None] = []

    def make(options: object, checkpoint: object) -> Slow:
        loads.append(None)
        assert len(loads) == 1, "loaded twice"
        return engine

    monkeypatch.setattr(engines, "make", make)
    return engine


def transcribed_ids(engine: SharedEngine, names: Iterable[str]) -> list[str]:
    return [one.recording_id for one in engine.transcribe(map(speech, names))]


def test_the_model_and_its_hash_are_available_before_loading() -> None:
    engine = SharedEngine(TranscribeOptions(model="demo"))
    assert (engine.engine, engine.model) == ("annotate", "demo")
    assert engine.model_sha256 == engine.checkpoint.sha256


def test_an_unknown_model_is_an_error_on_creation() -> None:
    with pytest.raises(AnnotateError, match="no model 'basee'"):
        SharedEngine(TranscribeOptions(model="basee"))


def test_a_language_that_whisper_does_not_support_is_an_error() -> None:
    engine = SharedEngine(TranscribeOptions(model="demo", decoding=DecodingOptions(language="tlh")))
    with pytest.raises(AnnotateError, match="no language 'tlh'"):
        engine.load()


def test_a_single_recording_is_transcribed_before_the_next_batch(slow: Slow) -> None:
    engine = SharedEngine(TranscribeOptions(model="demo"))
    names = [f"r{number}" for number in range(2 * AT_A_TIME)]
    results: list[str] = []
    many = threading.Thread(target=lambda: results.extend(transcribed_ids(engine, names)))
    many.start()
    assert slow.started.acquire(timeout=PATIENCE)
    one = threading.Thread(target=lambda: engine.transcribe_first(speech("now")))
    one.start()
    while not engine._first:  # until it is queued
        one.join(0.01)
    slow.proceed.release(3)
    many.join(PATIENCE)
    one.join(PATIENCE)
    assert slow.order == [*names[:AT_A_TIME], "now", *names[AT_A_TIME:]]
    assert results == names


def test_a_recording_that_the_engine_rejects_does_not_affect_others(slow: Slow) -> None:
    engine = SharedEngine(TranscribeOptions(model="demo"))
    names = [f"r{number}" for number in range(AT_A_TIME + 1)]
    slow.too_large = {"r1"}
    slow.proceed.release(2)
    results: list[str] = []

    def collect() -> None:
        for one in engine.transcribe(map(speech, names)):
            results.append(one.recording_id)

    with pytest.raises(AnnotateError, match="too large"):
        collect()
    assert results == [name for name in names if name != "r1"]
    slow.proceed.release()
    assert engine.transcribe_first(speech("next")).recording_id == "next"


def test_the_weights_are_loaded_once() -> None:
    engine = SharedEngine(TranscribeOptions(model="demo"))
    assert engine.load() is engine.load()
    assert engine.options() == engine.load().options()
