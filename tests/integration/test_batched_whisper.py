"""The batched engine compared with openai-whisper, with the demo's checkpoint and real audio."""

from pathlib import Path

import numpy as np
import pytest
import torch
import whisper
from whisper.tokenizer import get_tokenizer

from annotate.recognizers.batched_whisper import window_decoder
from annotate.recognizers.batched_whisper.engine import BatchedWhisper
from annotate.recognizers.batched_whisper.log_mel import log_mel
from annotate.recognizers.batched_whisper.network import Network
from annotate.recognizers.batched_whisper.window_decoder import WindowDecoder
from annotate.recognizers.checkpoints import find
from annotate.recognizers.loading import load
from annotate.recognizers.options import DecodingOptions
from annotate.recognizers.recognizer import RecognizerInput
from tests.builders import rec
from tests.sounds import silence, spoken, tone
from tests.whispers import a_task, an_input, random_weights, save

pytestmark = pytest.mark.integration

CPU = torch.device("cpu")
EXCERPTS = [("astronaut-01", 0.0, 14.0), ("cat-01", 3.0, 9.0), ("coffee-02", 10.0, 31.0)]


@pytest.fixture(scope="module")
def stock() -> whisper.Whisper:
    return load(find("demo"), "cpu").network


@pytest.fixture(scope="module")
def decoder(stock: whisper.Whisper) -> WindowDecoder:
    return WindowDecoder(Network(stock), DecodingOptions())


def mel_of(samples: np.ndarray) -> torch.Tensor:
    return whisper.log_mel_spectrogram(whisper.pad_or_trim(samples))


def stock_decode(
    network: whisper.Whisper, samples: np.ndarray, **over: object
) -> whisper.DecodingResult:
    options = whisper.DecodingOptions(**{"language": "en", "fp16": False, **over})
    return whisper.decode(network, mel_of(samples), options)


def test_each_window_is_scaled_by_its_own_loudest_frame() -> None:
    quiet, loud = spoken("cat-01", 0, 5) * np.float32(0.01), spoken("astronaut-01", 0, 9)
    together = log_mel([quiet, loud], 80, CPU)
    assert torch.allclose(together[0], mel_of(quiet), atol=1e-5)
    assert torch.allclose(together[1], mel_of(loud), atol=1e-5)


def test_tokens_are_those_of_stock_greedy_decoding(
    decoder: WindowDecoder, stock: whisper.Whisper
) -> None:
    several = [spoken(*excerpt) for excerpt in EXCERPTS]
    for samples, result in zip(several, decoder.decode([a_task(s) for s in several]), strict=True):
        expected = stock_decode(stock, samples)
        assert list(result.hypothesis.tokens) == expected.tokens
        assert len(expected.tokens) > 10
        assert len(result.hypothesis.logprobs) == len(expected.tokens)
        assert result.hypothesis.avg_logprob == pytest.approx(expected.avg_logprob, abs=1e-4)
        assert result.hypothesis.no_speech_prob == pytest.approx(expected.no_speech_prob, abs=1e-4)
        assert result.compression_ratio == pytest.approx(expected.compression_ratio)


@pytest.mark.parametrize("seed", range(4))
def test_random_weights_give_stocks_tokens_in_any_language(seed: int) -> None:
    """Random weights reach every suppression rule, and the maximum number of tokens."""
    network = random_weights(seed=seed)
    decoding = DecodingOptions(temperatures=(0.0,), logprob_threshold=-1e9, no_speech_threshold=1)
    several = [spoken(*excerpt) for excerpt in EXCERPTS]
    tasks = [a_task(s, language) for s, language in zip(several, ("de", "en", "fr"), strict=True)]
    for task, result in zip(
        tasks, WindowDecoder(Network(network), decoding).decode(tasks), strict=True
    ):
        expected = stock_decode(network, task.samples, language=task.recording.language)
        assert list(result.hypothesis.tokens) == expected.tokens
        assert result.hypothesis.avg_logprob == pytest.approx(expected.avg_logprob, abs=1e-3)


def test_with_an_initial_prompt_tokens_are_those_of_stock(stock: whisper.Whisper) -> None:
    samples, prompt = spoken(*EXCERPTS[0]), "A helmet, a visor and a patch."
    prompted = WindowDecoder(Network(stock), DecodingOptions(initial_prompt=prompt))
    (result,) = prompted.decode([a_task(samples)])
    assert list(result.hypothesis.tokens) == stock_decode(stock, samples, prompt=prompt).tokens


def test_languages_are_detected_as_stock_detects_them() -> None:
    network = random_weights()
    several = [spoken(*excerpt) for excerpt in EXCERPTS]
    results = WindowDecoder(Network(network), DecodingOptions()).decode(
        [a_task(s, None) for s in several]
    )
    tokenizer = get_tokenizer(True, num_languages=network.num_languages)
    for samples, result in zip(several, results, strict=True):
        _, probabilities = whisper.detect_language(network, mel_of(samples), tokenizer)
        assert result.language == max(probabilities, key=lambda code: probabilities[code])


def test_all_windows_have_the_language_of_the_first_one(tmp_path: Path) -> None:
    checkpoint = save(random_weights(), tmp_path / "random.pt")
    decoding = DecodingOptions(temperatures=(0.0,), logprob_threshold=-1e9)
    engine = BatchedWhisper(checkpoint, "cpu", decoding, batch=8)
    recording = an_input("astronaut-01", 0.0, 45.0, language=None)
    assert len(recording.windows) > 1
    (output,) = engine.transcribe([recording])
    window = recording.windows[0]
    samples = recording.samples[window.start_ms * 16 : window.end_ms * 16]
    (first,) = WindowDecoder(Network(random_weights()), decoding).decode([a_task(samples, None)])
    assert output.language == first.language


@pytest.mark.parametrize("language", [None, "en-US"])
def test_a_recordings_language_does_not_depend_on_batch_size_and_order(
    tmp_path: Path, language: str | None
) -> None:
    checkpoint = save(random_weights(seed=1), tmp_path / "random.pt")
    decoding = DecodingOptions(temperatures=(0.0,), logprob_threshold=-1e9)
    recordings = [an_input("astronaut-01", 0.0, 45.0, language), an_input("cat-01", 0, 9, language)]
    found = [
        {
            one.recording_id: one
            for one in BatchedWhisper(checkpoint, "cpu", decoding, batch=batch).transcribe(inputs)
        }
        for batch, inputs in ((8, recordings), (1, recordings[::-1]))
    ]
    assert found[0] == found[1]


def test_word_times_are_stock_alignment(decoder: WindowDecoder, stock: whisper.Whisper) -> None:
    several = [spoken(*excerpt) for excerpt in EXCERPTS]
    tokenizer = get_tokenizer(False)
    for samples, result in zip(several, decoder.decode([a_task(s) for s in several]), strict=True):
        text = [token for token in result.hypothesis.tokens if token < tokenizer.eot]
        frames = len(samples) // 160
        expected = whisper.timing.find_alignment(stock, tokenizer, text, mel_of(samples), frames)
        whisper.timing.merge_punctuations(expected, "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、")  # noqa: RUF001
        expected = [word for word in expected if word.word]
        assert result.attention is not None
        found = decoder.words(result)
        assert [word.text for word in found] == [word.word for word in expected]
        times = [(word.start_ms, word.end_ms) for word in found]
        assert times == [(round(w.start * 1000), round(w.end * 1000)) for w in expected]
        assert all(0 < word.probability <= 1 for word in found)


def test_a_recording_without_windows_has_no_words() -> None:
    silent = RecognizerInput(recording_id=rec("b"), samples=tone(1.0), windows=(), language=None)
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions())
    (output,) = engine.transcribe([silent])
    assert (output.words, output.segments) == ((), ())


def test_a_window_of_silence_has_no_words(decoder: WindowDecoder) -> None:
    assert [result.segments.all for result in decoder.decode([a_task(silence(3.0))])] == [()]


def test_random_numbers_depend_only_on_the_window_and_the_attempt() -> None:
    task, next_attempt = a_task(tone(1.0), attempt=1), a_task(tone(1.0), attempt=2)
    assert (
        window_decoder._uniform(task, 5) == window_decoder._uniform(a_task(tone(2.0), attempt=1), 5)
    ).all()
    assert (window_decoder._uniform(task, 5) != window_decoder._uniform(next_attempt, 5)).all()
