"""Second looks with a stub of the server and of the recognizer.

The real ones are in tests/e2e/studio/test_second_look.py.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from annotate.label_studio.client import Studio
from annotate.media.audio import AudioBounds
from annotate.model.errors import AnnotateError
from annotate.model.ids import recording_id, sha256_hex
from annotate.model.speech import Word
from annotate.recognizers import engines
from annotate.recognizers.options import ActivityOptions, TranscribeOptions
from annotate.recognizers.recognizer import RecognizerInput, RecognizerOutput
from annotate.serve import second_look
from annotate.serve.engine import SharedEngine
from annotate.serve.second_look import SecondLook
from tests.sounds import as_wav, silence, spoken
from tests.unit.ingest.submitted import Setting
from tests.unit.label_studio.stub import URL, a_record, a_reference

PATIENCE = 60.0


class FakeRecognizer:
    """Returns two words per recording, the second of which ends beyond the end of the audio."""

    engine, model, model_sha256 = "annotate", "fake", "0" * 64

    def __init__(self) -> None:
        self.inputs: list[RecognizerInput] = []
        self.error: Exception | None = None

    def options(self) -> dict[str, Any]:
        return {}

    def transcribe(self, recordings: Iterable[RecognizerInput]) -> Iterator[RecognizerOutput]:
        for speech in recordings:
            self.inputs.append(speech)
            if self.error:
                raise self.error
            words = tuple(
                Word(text=text, start_ms=start, end_ms=10**6, probability=0.5, segment=0)
                for text, start in (("red", 300), ("boat.", 500))
            )
            yield RecognizerOutput(
                recording_id=speech.recording_id,
                language=speech.language or "de",
                segments=(),
                words=words,
            )


class SecondLookSetting(Setting):
    """A stub of a server that signals requests and uploaded words."""

    def __init__(self, root: Path):
        super().__init__(root)
        self.uploaded = threading.Event()
        self.polls = threading.Semaphore(0)

    def waiting(self, audio: bytes, **over: Any) -> str:
        """Add a recording whose words a page waits for; returns its id on the server."""
        reference = a_reference(audio, **over)
        name: str = reference["recording"]
        self.stub.files[f"/annotate/recordings/{name}"] = audio
        self.stub.records[name] = a_record(reference, user=5, project=1, task=1)
        self.stub.waiting_for_words = [*(self.stub.waiting_for_words or []), name]
        return name

    def connect(self) -> Studio:
        def respond(request: httpx.Request) -> httpx.Response:
            response = self.stub.respond(request)
            if request.url.path == "/annotate/looks":
                self.polls.release()
            if request.method == "PUT":
                self.uploaded.set()
            return response

        return Studio(URL, "0" * 40, transport=httpx.MockTransport(respond), patience=0)

    def serving(self, engine: Any = None) -> SecondLook:
        return SecondLook(
            self.connect,
            engine or (lambda: SharedEngine(TranscribeOptions(model="demo"))),
            AudioBounds(),
            ActivityOptions(),
        )


@pytest.fixture
def setting(tmp_path: Path) -> SecondLookSetting:
    return SecondLookSetting(tmp_path)


@pytest.fixture
def fake_recognizer(monkeypatch: pytest.MonkeyPatch) -> FakeRecognizer:
    recognizer = FakeRecognizer()
    monkeypatch.setattr(engines, "make", lambda options, checkpoint: recognizer)
    monkeypatch.setattr(second_look, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(second_look, "IDLE_SECONDS", 0.0)
    return recognizer


def wait_for_polls(setting: SecondLookSetting, times: int) -> None:
    for _ in range(times):
        assert setting.polls.acquire(timeout=PATIENCE)


def test_a_recording_that_a_page_waits_for_is_recognized_and_its_words_uploaded(
    setting: SecondLookSetting, fake_recognizer: FakeRecognizer
) -> None:
    audio = as_wav(spoken(end_s=3.0))
    name = setting.waiting(audio)
    with setting.serving():
        assert setting.uploaded.wait(PATIENCE)
    shown = setting.stub.shown_words[name]
    assert [word["text"] for word in shown["words"]] == ["red", "boat."]
    assert all(word["end_ms"] <= 3000 for word in shown["words"])
    assert (shown["language"], shown["engine"]) == ("en", "annotate")
    # The id is that in the lake, so that the words are the same as in the pipeline.
    assert [one.recording_id for one in fake_recognizer.inputs] == [recording_id(sha256_hex(audio))]
    assert setting.stub.waiting_for_words == []


def test_the_model_is_loaded_as_soon_as_a_project_has_second_looks(
    setting: SecondLookSetting, fake_recognizer: FakeRecognizer
) -> None:
    loaded = threading.Event()

    def make() -> SharedEngine:
        loaded.set()
        return SharedEngine(TranscribeOptions(model="demo"))

    with setting.serving(make):
        wait_for_polls(setting, 3)
        assert not loaded.is_set()
        setting.stub.waiting_for_words = []
        assert loaded.wait(PATIENCE)
    assert fake_recognizer.inputs == []


def test_a_recording_without_speech_gets_an_empty_list_of_words(
    setting: SecondLookSetting, fake_recognizer: FakeRecognizer
) -> None:
    name = setting.waiting(b"no sound at all")
    setting.waiting(as_wav(silence(2.0)))
    with setting.serving():
        wait_for_polls(setting, 3)
    assert setting.stub.shown_words[name]["words"] == []


@pytest.mark.parametrize("error", [RuntimeError("the device is gone"), AnnotateError("too large")])
def test_a_failed_recording_is_not_retried_and_does_not_affect_others(
    setting: SecondLookSetting,
    fake_recognizer: FakeRecognizer,
    error: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fake_recognizer.error = error
    name = setting.waiting(as_wav(spoken(end_s=3.0)))
    with caplog.at_level(logging.WARNING, "annotate.serve"), setting.serving():
        wait_for_polls(setting, 4)
        assert len(fake_recognizer.inputs) == 1
        fake_recognizer.error = None
        later = setting.waiting(as_wav(spoken(end_s=2.0)))
        assert setting.uploaded.wait(PATIENCE)
    assert name not in setting.stub.shown_words
    assert later in setting.stub.shown_words
    assert [one for one in caplog.messages if name in one] != []


def test_an_unreachable_server_is_polled_again_and_logged_once(
    setting: SecondLookSetting, fake_recognizer: FakeRecognizer, caplog: pytest.LogCaptureFixture
) -> None:
    setting.stub.broken_paths.add("/annotate/looks")
    name = setting.waiting(as_wav(spoken(end_s=2.0)))
    with caplog.at_level(logging.ERROR, "annotate.serve"), setting.serving():
        wait_for_polls(setting, 15)
        setting.stub.broken_paths.clear()
        assert setting.uploaded.wait(PATIENCE)
    assert name in setting.stub.shown_words
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("second looks wait: ")


def test_the_log_names_the_extra_of_a_missing_recognizer(
    setting: SecondLookSetting,
    fake_recognizer: FakeRecognizer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: Any,
) -> None:
    def lacking(options: Any, checkpoint: Any) -> Any:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(engines, "make", lacking)
    setting.waiting(as_wav(spoken(end_s=2.0)))
    with caplog.at_level(logging.ERROR, "annotate.serve"), setting.serving():
        wait_for_polls(setting, 2)
    assert "pip install 'annotate-aloud[whisper]'" in caplog.messages[0]
    assert setting.stub.shown_words == {}
