"""The real faster-whisper on the demo's checkpoint, converted, beside openai-whisper."""

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

HOT = DecodingOptions(temperatures=(1.0,), logprob_threshold=-9.0)
"""Every window's tokens are drawn. With a cold temperature before, its result would often win."""


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of converted models that the user's own has no part in."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def recognizer() -> FasterWhisper:
    return FasterWhisper(find("demo"), "cpu", DecodingOptions())


def speech(
    name: str = "astronaut-01", start_s: float = 0.0, end_s: float = 12.0
) -> RecognizerInput:
    samples = spoken(name, start_s, end_s)
    found = windows(speech_spans(samples, ActivityOptions()), len(samples) // 16)
    return RecognizerInput(recording_id=rec(name), samples=samples, windows=found, language="en")


def hear(engine: FasterWhisper | OpenAIWhisper, given: RecognizerInput) -> RecognizerOutput:
    (heard,) = engine.transcribe([given])
    return heard


@pytest.mark.parametrize("name", ["astronaut-01", "coffee-01", "temple-02"])
def test_converted_weights_say_token_for_token_what_the_checkpoint_says(name: str) -> None:
    import ctranslate2

    network = load(find("demo"), "cpu")
    model = ctranslate2.models.Whisper(
        str(converted(find("demo"))), device="cpu", compute_type="float32"
    )
    (sot,) = whisper.tokenizer.get_tokenizer(network.is_multilingual).sot_sequence
    for start_s in (0.0, 25.0):
        mel = whisper.log_mel_spectrogram(
            whisper.pad_or_trim(spoken(name, start_s, start_s + 30.0))
        )
        true = whisper.decode(network, mel, whisper.DecodingOptions(fp16=False, language="en"))
        (found,) = model.generate(
            ctranslate2.StorageView.from_array(mel[None].numpy()),
            [[sot]],
            beam_size=1,
            return_scores=True,
            return_no_speech_prob=True,
        )
        assert found.sequences_ids[0] == true.tokens
        assert found.no_speech_prob == pytest.approx(true.no_speech_prob, abs=1e-5)


def test_the_same_words_as_stock_s_at_nearly_the_same_times(recognizer: FasterWhisper) -> None:
    given = speech()
    heard = hear(recognizer, given)
    stock = hear(OpenAIWhisper(find("demo"), "cpu", DecodingOptions()), given)
    assert len(heard.words) > 15
    assert [word.text for word in heard.words] == [word.text for word in stock.words]
    apart = [a.start_ms - b.start_ms for a, b in zip(heard.words, stock.words, strict=True)]
    assert np.median(np.abs(apart)) <= 40
    assert heard.language == "en"
    first, last = given.windows[0].start_ms, given.windows[-1].end_ms
    assert all(first <= word.start_ms <= word.end_ms <= last for word in heard.words)
    assert all(0 <= word.segment < len(heard.segments) for word in heard.words)


def test_drawn_tokens_come_out_the_same_whatever_came_before() -> None:
    engine = FasterWhisper(find("demo"), "cpu", HOT)
    alone = hear(engine, speech())
    assert {segment.temperature for segment in alone.segments} == {1.0}
    *_, after_others = engine.transcribe([speech("coffee-01"), speech()])
    assert after_others == alone
    other = replace(speech(), recording_id=rec("another"))
    assert hear(engine, other).segments != alone.segments  # drawn, not the likeliest


def test_a_recording_without_windows_is_silent(recognizer: FasterWhisper) -> None:
    silent = RecognizerInput(recording_id=rec("b"), samples=tone(1.0), windows=(), language=None)
    heard = hear(recognizer, silent)
    assert (heard.words, heard.segments) == ((), ())


def test_what_can_change_the_result_is_told(recognizer: FasterWhisper) -> None:
    told = recognizer.options()
    assert told["temperatures"] == [0.0, 0.4, 0.8]
    assert told["compute_type"] == "default"
    assert {"faster_whisper", "ctranslate2"} <= set(told)


def test_smaller_numbers_can_be_asked_for() -> None:
    engine = FasterWhisper(find("demo"), "cpu", DecodingOptions(), compute_type="int8", threads=1)
    assert engine.options()["compute_type"] == "int8"
    assert len(hear(engine, speech()).words) > 15


@pytest.fixture
def multilingual(tmp_path: Path) -> Checkpoint:
    """Weights of every language's size, though they understand none."""
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


def test_a_language_that_is_told_is_kept_and_one_that_is_not_known_is_detected(
    multilingual: Checkpoint,
) -> None:
    once = DecodingOptions(temperatures=(0.0,))
    engine = FasterWhisper(multilingual, "cpu", once)
    assert hear(engine, replace(speech(end_s=3.0), language="de")).language == "de"
    detected = hear(engine, replace(speech(end_s=3.0), language="tlh")).language
    assert detected in whisper.tokenizer.LANGUAGES
    german = FasterWhisper(multilingual, "cpu", once.model_copy(update={"language": "de"}))
    assert hear(german, speech(end_s=3.0)).language == "de"
    with pytest.raises(AnnotateError, match="has no language 'tlh'"):
        FasterWhisper(multilingual, "cpu", once.model_copy(update={"language": "tlh"}))


def test_numbers_that_the_device_cannot_compute_with_are_refused_in_a_line() -> None:
    with pytest.raises(AnnotateError, match=r"CTranslate2 failed .*int3"):
        FasterWhisper(find("demo"), "cpu", DecodingOptions(), compute_type="int3")


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)  # what an import of it then raises
    with pytest.raises(AnnotateError, match=r"pip install 'annotate-aloud\[ctranslate2\]'"):
        FasterWhisper(find("demo"), "cpu", DecodingOptions())
