"""openai-whisper with the demo's checkpoint, on recordings of synthetic voices."""

from pathlib import Path

import pytest

from annotate.model.errors import AnnotateError
from annotate.model.speech import Span
from annotate.recognizers.checkpoints import Checkpoint, find
from annotate.recognizers.loading import load, pick_device
from annotate.recognizers.openai_whisper import OpenAIWhisper
from annotate.recognizers.options import ActivityOptions, DecodingOptions
from annotate.recognizers.recognizer import RecognizerInput
from annotate.recognizers.vad import speech_spans
from annotate.transcribe.windows import windows
from tests.builders import rec
from tests.sounds import spoken, tone

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def recognizer() -> OpenAIWhisper:
    return OpenAIWhisper(find("demo"), "cpu", DecodingOptions())


def an_input(start_s: float = 0.0, end_s: float = 12.0) -> RecognizerInput:
    samples = spoken("astronaut-01", start_s, end_s)
    found = windows(speech_spans(samples, ActivityOptions()), len(samples) // 16)
    return RecognizerInput(recording_id=rec("a"), samples=samples, windows=found, language="en")


def test_words_come_with_times_inside_their_windows(recognizer: OpenAIWhisper) -> None:
    recording = an_input()
    (output,) = recognizer.transcribe([recording])
    assert output.language == "en"
    assert 15 < len(output.words) < 60  # about 30 words are spoken
    first, last = recording.windows[0].start_ms, recording.windows[-1].end_ms
    assert all(first <= word.start_ms <= word.end_ms <= last for word in output.words)
    assert all(0 <= word.segment < len(output.segments) for word in output.words)
    assert all(word.text == word.text.strip() != "" for word in output.words)


def test_words_do_not_depend_on_earlier_recordings(
    recognizer: OpenAIWhisper,
) -> None:
    (expected,) = recognizer.transcribe([an_input()])
    *_, after_others = recognizer.transcribe([an_input(20.0, 26.0), an_input()])
    assert after_others == expected


def test_a_recording_without_windows_has_no_words(recognizer: OpenAIWhisper) -> None:
    silent = RecognizerInput(recording_id=rec("b"), samples=tone(1.0), windows=(), language=None)
    (output,) = recognizer.transcribe([silent])
    assert (output.words, output.segments) == ((), ())


def test_speech_is_detected() -> None:
    spans = speech_spans(spoken("astronaut-01", 0.0, 12.0), ActivityOptions())
    assert spans
    assert sum(span.length_ms for span in spans) > 6_000
    assert spans[0].start_ms > 300  # the recording begins with a short silence


def test_a_tone_is_no_speech() -> None:
    assert speech_spans(tone(3.0), ActivityOptions()) == ()


def test_a_file_that_is_no_checkpoint_raises_an_error(tmp_path: Path) -> None:
    path = tmp_path / "broken.pt"
    path.write_bytes(b"not weights")
    with pytest.raises(AnnotateError, match="not a Whisper checkpoint"):
        load(Checkpoint(name="broken.pt", path=path, sha256="0" * 64), "cpu")


def test_cuda_without_a_gpu_raises_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(AnnotateError, match="--device cpu"):
        pick_device("cuda")
    assert pick_device("auto") == "cpu"


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "cpu:0", "", "mps"])
def test_a_device_of_another_name_is_an_error(device: str) -> None:
    with pytest.raises(AnnotateError, match="give auto, cpu, cuda, or a GPU such as cuda:1"):
        pick_device(device)


def test_spans_are_half_open_and_in_order() -> None:
    spans = speech_spans(spoken(), ActivityOptions())
    assert list(spans) == sorted(spans)
    assert all(isinstance(span, Span) and span.length_ms > 0 for span in spans)
