"""faster-whisper with the demo's converted checkpoint, compared with openai-whisper."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import whisper
from whisper.model import ModelDimensions, Whisper

from annotate.model.errors import AnnotateError
from annotate.recognizers.checkpoints import Checkpoint, find
from annotate.recognizers.ctranslate2_conversion import converted
from annotate.recognizers.faster_whisper import FasterWhisper
from annotate.recognizers.loading import load
from annotate.recognizers.openai_whisper import OpenAIWhisper
from annotate.recognizers.options import ActivityOptions, DecodingOptions
from annotate.recognizers.recognizer import RecognizerInput, RecognizerOutput
from annotate.recognizers.vad import speech_spans
from annotate.transcribe.windows import windows
from tests.builders import rec, sha
from tests.sounds import spoken, tone

pytestmark = pytest.mark.integration

SAMPLING = DecodingOptions(temperatures=(1.0,), logprob_threshold=-9.0)
"""All tokens are sampled. With a lower temperature before, its result would often be accepted."""


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty cache for converted models, separate from the user's."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def recognizer() -> FasterWhisper:
    return FasterWhisper(find("demo"), "cpu", DecodingOptions())


def an_input(
    name: str = "astronaut-01", start_s: float = 0.0, end_s: float = 12.0
) -> RecognizerInput:
    samples = spoken(name, start_s, end_s)
    found = windows(speech_spans(samples, ActivityOptions()), len(samples) // 16)
    return RecognizerInput(recording_id=rec(name), samples=samples, windows=found, language="en")


def transcribed(
    engine: FasterWhisper | OpenAIWhisper, recording: RecognizerInput
) -> RecognizerOutput:
    (output,) = engine.transcribe([recording])
    return output


@pytest.mark.parametrize("name", ["astronaut-01", "coffee-01", "temple-02"])
def test_converted_weights_give_the_tokens_of_the_checkpoint(name: str) -> None:
    import ctranslate2

    network = load(find("demo"), "cpu").network
    model = ctranslate2.models.Whisper(
        str(converted(find("demo"))), device="cpu", compute_type="float32"
    )
    (sot,) = whisper.tokenizer.get_tokenizer(network.is_multilingual).sot_sequence
    for start_s in (0.0, 25.0):
        mel = whisper.log_mel_spectrogram(
            whisper.pad_or_trim(spoken(name, start_s, start_s + 30.0))
        )
        expected = whisper.decode(network, mel, whisper.DecodingOptions(fp16=False, language="en"))
        (found,) = model.generate(
            ctranslate2.StorageView.from_array(mel[None].numpy()),
            [[sot]],
            beam_size=1,
            return_scores=True,
            return_no_speech_prob=True,
        )
        assert found.sequences_ids[0] == expected.tokens
        assert found.no_speech_prob == pytest.approx(expected.no_speech_prob, abs=1e-5)


def test_words_are_those_of_stock_at_nearly_the_same_times(recognizer: FasterWhisper) -> None:
    recording = an_input()
    output = transcribed(recognizer, recording)
    stock = transcribed(OpenAIWhisper(find("demo"), "cpu", DecodingOptions()), recording)
    assert len(output.words) > 15
    assert [word.text for word in output.words] == [word.text for word in stock.words]
    differences_ms = [
        a.start_ms - b.start_ms for a, b in zip(output.words, stock.words, strict=True)
    ]
    assert np.median(np.abs(differences_ms)) <= 40
    assert output.language == "en"
    first, last = recording.windows[0].start_ms, recording.windows[-1].end_ms
    assert all(first <= word.start_ms <= word.end_ms <= last for word in output.words)
    assert all(0 <= word.segment < len(output.segments) for word in output.words)


def test_sampled_tokens_do_not_depend_on_earlier_recordings() -> None:
    engine = FasterWhisper(find("demo"), "cpu", SAMPLING)
    expected = transcribed(engine, an_input())
    assert {segment.temperature for segment in expected.segments} == {1.0}
    *_, after_others = engine.transcribe([an_input("coffee-01"), an_input()])
    assert after_others == expected
    another = replace(an_input(), recording_id=rec("another"))
    assert transcribed(engine, another).segments != expected.segments  # sampled, not greedy


def test_a_recording_without_windows_has_no_words(recognizer: FasterWhisper) -> None:
    silent = RecognizerInput(recording_id=rec("b"), samples=tone(1.0), windows=(), language=None)
    output = transcribed(recognizer, silent)
    assert (output.words, output.segments) == ((), ())


def test_options_include_everything_that_can_change_the_result(recognizer: FasterWhisper) -> None:
    options = recognizer.options()
    assert options["temperatures"] == [0.0, 0.4, 0.8]
    assert options["compute_type"] == "default"
    assert {"faster_whisper", "ctranslate2"} <= set(options)


def test_the_compute_type_can_be_int8() -> None:
    engine = FasterWhisper(find("demo"), "cpu", DecodingOptions(), compute_type="int8", threads=1)
    assert engine.options()["compute_type"] == "int8"
    assert len(transcribed(engine, an_input()).words) > 15


@pytest.fixture
def multilingual(tmp_path: Path) -> Checkpoint:
    """Random weights with the vocabulary of multilingual checkpoints."""
    torch.manual_seed(3)
    network = Whisper(
        ModelDimensions(
            n_mels=128,
            n_audio_ctx=1500,
            n_audio_state=16,
            n_audio_head=2,
            n_audio_layer=1,
            n_vocab=51866,
            n_text_ctx=448,
            n_text_state=16,
            n_text_head=2,
            n_text_layer=1,
        )
    )
    for weights in network.parameters():
        torch.nn.init.normal_(weights, std=0.2)
    path = tmp_path / "multilingual.pt"
    torch.save({"dims": vars(network.dims), "model_state_dict": network.state_dict()}, path)
    return Checkpoint(name=path.name, path=path, sha256=sha("multilingual"))


def test_a_given_language_is_used_and_an_unknown_one_is_detected(
    multilingual: Checkpoint,
) -> None:
    greedy = DecodingOptions(temperatures=(0.0,))
    engine = FasterWhisper(multilingual, "cpu", greedy)
    assert transcribed(engine, replace(an_input(end_s=3.0), language="de")).language == "de"
    detected = transcribed(engine, replace(an_input(end_s=3.0), language="tlh")).language
    assert detected in whisper.tokenizer.LANGUAGES
    german = FasterWhisper(multilingual, "cpu", greedy.model_copy(update={"language": "de"}))
    assert transcribed(german, an_input(end_s=3.0)).language == "de"
    with pytest.raises(AnnotateError, match="has no language 'tlh'"):
        FasterWhisper(multilingual, "cpu", greedy.model_copy(update={"language": "tlh"}))


def test_an_unsupported_compute_type_is_an_error_in_one_line() -> None:
    with pytest.raises(AnnotateError, match=r"int3.*: pass --compute-type float32 or int8"):
        FasterWhisper(find("demo"), "cpu", DecodingOptions(), compute_type="int3")


def test_without_the_library_the_error_has_the_install_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)  # then its import raises an error
    with pytest.raises(AnnotateError, match=r"pip install 'annotate-aloud\[ctranslate2\]'"):
        FasterWhisper(find("demo"), "cpu", DecodingOptions())
