"""Second looks against a stub of a server, with a stub of the recognizer: who is served, and when.

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


class Parrot:
    """Says two words of each recording, the second with a time past the end."""

    engine, model, model_sha256 = "annotate", "parrot", "0" * 64

    def __init__(self) -> None:
        self.heard: list[RecognizerInput] = []
        self.fails: Exception | None = None

    def options(self) -> dict[str, Any]:
        return {}

    def transcribe(self, recordings: Iterable[RecognizerInput]) -> Iterator[RecognizerOutput]:
        for speech in recordings:
            self.heard.append(speech)
            if self.fails:
                raise self.fails
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


class Looked(Setting):
    """A stub of a server, and what it was asked."""

    def __init__(self, root: Path):
        super().__init__(root)
        self.brought = threading.Event()
        self.requests = threading.Semaphore(0)

    def waiting(self, audio: bytes, **over: Any) -> str:
        """A recording whose words a page waits for; its id at the server."""
        reference = a_reference(audio, **over)
        name: str = reference["recording"]
        self.stub.files[f"/annotate/recordings/{name}"] = audio
        self.stub.records[name] = a_record(reference, user=5, project=1, task=1)
        self.stub.waiting_for_words = [*(self.stub.waiting_for_words or []), name]
        return name

    def connect(self) -> Studio:
        def answer(request: httpx.Request) -> httpx.Response:
            answered = self.stub.respond(request)
            if request.url.path == "/annotate/looks":
                self.requests.release()
            if request.method == "PUT":
                self.brought.set()
            return answered

        return Studio(URL, "0" * 40, transport=httpx.MockTransport(answer), patience=0)

    def serving(self, engine: Any = None) -> SecondLook:
        return SecondLook(
            self.connect,
            engine or (lambda: SharedEngine(TranscribeOptions(model="demo"))),
            AudioBounds(),
            ActivityOptions(),
        )


@pytest.fixture
def setting(tmp_path: Path) -> Looked:
    return Looked(tmp_path)


@pytest.fixture
def parrot(monkeypatch: pytest.MonkeyPatch) -> Parrot:
    made = Parrot()
    monkeypatch.setattr(engines, "make", lambda options, checkpoint: made)
    monkeypatch.setattr(second_look, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(second_look, "IDLE_SECONDS", 0.0)
    return made


def asks(setting: Looked, times: int) -> None:
    for _ in range(times):
        assert setting.requests.acquire(timeout=PATIENCE)


def test_what_a_page_waits_for_is_recognized_and_brought(setting: Looked, parrot: Parrot) -> None:
    audio = as_wav(spoken(end_s=3.0))
    name = setting.waiting(audio)
    with setting.serving():
        assert setting.brought.wait(PATIENCE)
    shown = setting.stub.shown_words[name]
    assert [word["text"] for word in shown["words"]] == ["red", "boat."]
    assert all(word["end_ms"] <= 3000 for word in shown["words"])
    assert (shown["language"], shown["engine"]) == ("en", "annotate")
    # By the name that it has in a lake, and so with the same words as the stage's.
    assert [one.recording_id for one in parrot.heard] == [recording_id(sha256_hex(audio))]
    assert setting.stub.waiting_for_words == []


def test_the_model_is_loaded_before_anybody_waits_and_only_where_a_project_asks(
    setting: Looked, parrot: Parrot
) -> None:
    made = threading.Event()

    def make() -> SharedEngine:
        made.set()
        return SharedEngine(TranscribeOptions(model="demo"))

    with setting.serving(make):
        asks(setting, 3)
        assert not made.is_set()
        setting.stub.waiting_for_words = []
        assert made.wait(PATIENCE)
    assert parrot.heard == []


def test_a_recording_without_speech_is_shown_to_have_no_words(
    setting: Looked, parrot: Parrot
) -> None:
    name = setting.waiting(b"no sound at all")
    setting.waiting(as_wav(silence(2.0)))
    with setting.serving():
        asks(setting, 3)
    assert setting.stub.shown_words[name]["words"] == []


@pytest.mark.parametrize("error", [RuntimeError("the device is gone"), AnnotateError("too large")])
def test_what_cannot_be_recognized_costs_itself_and_is_not_tried_again(
    setting: Looked, parrot: Parrot, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    parrot.fails = error
    name = setting.waiting(as_wav(spoken(end_s=3.0)))
    with caplog.at_level(logging.WARNING, "annotate.serve"), setting.serving():
        asks(setting, 4)
        assert len(parrot.heard) == 1
        parrot.fails = None
        later = setting.waiting(as_wav(spoken(end_s=2.0)))
        assert setting.brought.wait(PATIENCE)
    assert name not in setting.stub.shown_words
    assert later in setting.stub.shown_words
    assert [one for one in caplog.messages if name in one] != []


def test_a_server_that_is_away_is_asked_again_and_told_of_once(
    setting: Looked, parrot: Parrot, caplog: pytest.LogCaptureFixture
) -> None:
    setting.stub.broken_paths.add("/annotate/looks")
    name = setting.waiting(as_wav(spoken(end_s=2.0)))
    with caplog.at_level(logging.ERROR, "annotate.serve"), setting.serving():
        asks(setting, 15)
        setting.stub.broken_paths.clear()
        assert setting.brought.wait(PATIENCE)
    assert name in setting.stub.shown_words
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("second looks wait: ")


def test_a_recognizer_that_is_not_installed_is_told_with_what_to_do(
    setting: Looked, parrot: Parrot, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def lacking(options: Any, checkpoint: Any) -> Any:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(engines, "make", lacking)
    setting.waiting(as_wav(spoken(end_s=2.0)))
    with caplog.at_level(logging.ERROR, "annotate.serve"), setting.serving():
        asks(setting, 2)
    assert "pip install 'annotate-aloud[whisper]'" in caplog.messages[0]
    assert setting.stub.shown_words == {}
