"""The batched engine beside the real openai-whisper, with the demo's checkpoint and real audio."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import whisper
from whisper.tokenizer import get_tokenizer

from annotate.model.errors import AnnotateError
from annotate.model.speech import Span
from annotate.transcribe import hearing
from annotate.transcribe.batched import BatchedWhisper
from annotate.transcribe.checkpoints import find
from annotate.transcribe.hearing import Ear, Reading
from annotate.transcribe.loading import load
from annotate.transcribe.logmel import log_mel
from annotate.transcribe.network import Network
from annotate.transcribe.options import DecodingOptions
from annotate.transcribe.pool import Job
from annotate.transcribe.port import Heard, Speech
from annotate.transcribe.timing import Spoken
from tests.builders import rec
from tests.sounds import silence, spoken, tone
from tests.whispers import a_job, a_speech, random_weights, save

pytestmark = pytest.mark.integration

CPU = torch.device("cpu")
STRETCHES = [("astronaut-01", 0.0, 14.0), ("cat-01", 3.0, 9.0), ("coffee-02", 10.0, 31.0)]


@pytest.fixture(scope="module")
def stock() -> whisper.Whisper:
    return load(find("demo"), "cpu")


@pytest.fixture(scope="module")
def ear(stock: whisper.Whisper) -> Ear:
    return Ear(Network(stock), DecodingOptions())


def mel_of(samples: np.ndarray) -> torch.Tensor:
    return whisper.log_mel_spectrogram(whisper.pad_or_trim(samples))


def decoded(
    network: whisper.Whisper, samples: np.ndarray, **over: object
) -> whisper.DecodingResult:
    options = whisper.DecodingOptions(**{"language": "en", "fp16": False, **over})
    return whisper.decode(network, mel_of(samples), options)


def test_each_window_is_scaled_by_its_own_loudest_frame() -> None:
    quiet, loud = spoken("cat-01", 0, 5) * np.float32(0.01), spoken("astronaut-01", 0, 9)
    together = log_mel([quiet, loud], 80, CPU)
    assert torch.allclose(together[0], mel_of(quiet), atol=1e-5)
    assert torch.allclose(together[1], mel_of(loud), atol=1e-5)


def test_tokens_are_those_of_stock_greedy_decoding(ear: Ear, stock: whisper.Whisper) -> None:
    several = [spoken(*stretch) for stretch in STRETCHES]
    for samples, reading in zip(several, ear.hear([a_job(s) for s in several]), strict=True):
        expected = decoded(stock, samples)
        assert list(reading.line.tokens) == expected.tokens
        assert len(expected.tokens) > 10
        assert len(reading.line.logprobs) == len(expected.tokens)
        assert reading.line.avg_logprob == pytest.approx(expected.avg_logprob, abs=1e-4)
        assert reading.line.no_speech_prob == pytest.approx(expected.no_speech_prob, abs=1e-4)
        assert reading.compression_ratio == pytest.approx(expected.compression_ratio)


@pytest.mark.parametrize("seed", range(4))
def test_nonsense_in_any_language_is_the_same_nonsense(seed: int) -> None:
    """Random weights go wherever the rules let them: every rule is met, and the longest text."""
    network = random_weights(seed=seed)
    decoding = DecodingOptions(temperatures=(0.0,), logprob_threshold=-1e9, no_speech_threshold=1)
    several = [spoken(*stretch) for stretch in STRETCHES]
    jobs = [a_job(s, language) for s, language in zip(several, ("de", "en", "fr"), strict=True)]
    for job, reading in zip(jobs, Ear(Network(network), decoding).hear(jobs), strict=True):
        expected = decoded(network, job.samples, language=job.recording.language)
        assert list(reading.line.tokens) == expected.tokens
        assert reading.line.avg_logprob == pytest.approx(expected.avg_logprob, abs=1e-3)


def test_a_prompt_says_what_words_to_expect(stock: whisper.Whisper) -> None:
    samples, prompt = spoken(*STRETCHES[0]), "A helmet, a visor and a patch."
    prompted = Ear(Network(stock), DecodingOptions(initial_prompt=prompt))
    (reading,) = prompted.hear([a_job(samples)])
    assert list(reading.line.tokens) == decoded(stock, samples, prompt=prompt).tokens


def test_languages_are_detected_as_stock_detects_them() -> None:
    network = random_weights()
    several = [spoken(*stretch) for stretch in STRETCHES]
    readings = Ear(Network(network), DecodingOptions()).hear([a_job(s, None) for s in several])
    tokenizer = get_tokenizer(True, num_languages=network.num_languages)
    for samples, reading in zip(several, readings, strict=True):
        _, probabilities = whisper.detect_language(network, mel_of(samples), tokenizer)
        assert reading.language == max(probabilities, key=lambda code: probabilities[code])


def test_a_recording_is_heard_in_one_language(tmp_path: Path) -> None:
    checkpoint = save(random_weights(), tmp_path / "random.pt")
    decoding = DecodingOptions(temperatures=(0.0,), logprob_threshold=-1e9)
    engine = BatchedWhisper(checkpoint, "cpu", decoding, batch=8)
    given = a_speech("astronaut-01", 0.0, 45.0, language=None)
    assert len(given.windows) > 1
    (heard,) = engine.transcribe([given])
    first = Ear(Network(random_weights()), decoding).hear(
        [a_job(given.samples[given.windows[0].start_ms * 16 : given.windows[0].end_ms * 16], None)]
    )
    assert heard.language == first[0].language


@pytest.mark.parametrize("language", [None, "en-US"])
def test_a_recordings_language_does_not_depend_on_who_is_heard_first(
    tmp_path: Path, language: str | None
) -> None:
    checkpoint = save(random_weights(seed=1), tmp_path / "random.pt")
    decoding = DecodingOptions(temperatures=(0.0,), logprob_threshold=-1e9)
    speeches = [a_speech("astronaut-01", 0.0, 45.0, language), a_speech("cat-01", 0, 9, language)]
    found = [
        {
            one.recording_id: one
            for one in BatchedWhisper(checkpoint, "cpu", decoding, batch=batch).transcribe(some)
        }
        for batch, some in ((8, speeches), (1, speeches[::-1]))
    ]
    assert found[0] == found[1]


def test_word_times_are_stock_alignment(ear: Ear, stock: whisper.Whisper) -> None:
    several = [spoken(*stretch) for stretch in STRETCHES]
    tokenizer = get_tokenizer(False)
    for samples, reading in zip(several, ear.hear([a_job(s) for s in several]), strict=True):
        text = [token for token in reading.line.tokens if token < tokenizer.eot]
        frames = len(samples) // 160
        expected = whisper.timing.find_alignment(stock, tokenizer, text, mel_of(samples), frames)
        whisper.timing.merge_punctuations(expected, "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、")  # noqa: RUF001
        expected = [word for word in expected if word.word]
        assert reading.watched is not None
        found = ear.words(reading)
        assert [word.text for word in found] == [word.word for word in expected]
        times = [(word.start_ms, word.end_ms) for word in found]
        assert times == [(round(w.start * 1000), round(w.end * 1000)) for w in expected]
        assert all(0 < word.probability <= 1 for word in found)


def all_heard(
    speeches: Sequence[Speech], batch: int, decoding: DecodingOptions
) -> dict[str, Heard]:
    engine = BatchedWhisper(find("demo"), "cpu", decoding, batch=batch)
    return {heard.recording_id: heard for heard in engine.transcribe(speeches)}


SPEECHES = [("astronaut-01", 0.0, 40.0), ("cat-01", 0.0, 8.0), ("coffee-02", 5.0, 11.0)]


@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_company_and_order_change_nothing(temperature: float) -> None:
    decoding = DecodingOptions(temperatures=(temperature,))
    speeches = [a_speech(*stretch) for stretch in SPEECHES]
    alone = all_heard(speeches, 1, decoding)
    assert len(alone) == len(SPEECHES)
    assert all(heard.words for heard in alone.values())
    assert all_heard(speeches[::-1], 3, decoding) == alone
    assert all_heard(speeches[1:] + speeches[:1], 16, decoding) == alone


def test_what_is_doubtful_alone_is_tried_again() -> None:
    """The bound lies between two windows' certainty: only one goes on to the next temperature."""
    speeches = [a_speech("cat-01", 0.0, 8.0), a_speech("coffee-02", 5.0, 11.0)]
    sure = {
        name: heard.segments[0].avg_logprob
        for name, heard in all_heard(speeches, 4, DecodingOptions(temperatures=(0.0,))).items()
    }
    unsure, surer = sorted(sure, key=lambda name: sure[name])
    between = (sure[unsure] + sure[surer]) / 2
    decoding = DecodingOptions(
        temperatures=(0.0, 0.6), logprob_threshold=between, no_speech_threshold=1
    )
    tried = all_heard(speeches, 4, decoding)
    assert {segment.temperature for segment in tried[surer].segments} == {0.0}
    assert {segment.temperature for segment in tried[unsure].segments} == {0.6}


class ShortOfMemory:
    """Stands in for a device too small, which can't be had at will: it holds only so many windows,
    and none that is as long as `longest_ms`."""

    def __init__(self, ear: Ear, windows: int, longest_ms: int = 30_001):
        self.ear, self.windows, self.longest_ms = ear, windows, longest_ms
        self.words, self.sounds = ear.words, ear.sounds
        self.told_language = ear.told_language

    def hear(self, jobs: Sequence[Job]) -> list[Reading]:
        longest_ms = max(job.window.length_ms for job in jobs)
        if len(jobs) > self.windows or longest_ms >= self.longest_ms:
            raise torch.OutOfMemoryError("out of memory")
        return self.ear.hear(jobs)


def test_short_memory_halves_the_batch_and_goes_on(
    ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    speeches = [a_speech(*stretch) for stretch in SPEECHES]
    expected = all_heard(speeches, 8, DecodingOptions())
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(), batch=8)
    engine._ear = ShortOfMemory(ear, windows=2)  # type: ignore[assignment]
    assert {heard.recording_id: heard for heard in engine.transcribe(speeches)} == expected
    assert engine.batch <= 2
    assert "out of memory" in caplog.text


def test_a_window_that_never_fits_costs_its_recording_alone(ear: Ear) -> None:
    speeches = [a_speech(*stretch) for stretch in SPEECHES]
    expected = all_heard(speeches[1:], 8, DecodingOptions())
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(), batch=8)
    engine._ear = ShortOfMemory(ear, windows=8, longest_ms=9_000)  # type: ignore[assignment]
    found: dict[str, Heard] = {}
    with pytest.raises(AnnotateError, match=r"device has: 1\. .* --device cpu"):
        found.update((heard.recording_id, heard) for heard in engine.transcribe(speeches))
    assert found == expected


class ShortAtFirst(ShortOfMemory):
    """Stands in for a device whose memory another batch holds meanwhile."""

    def hear(self, jobs: Sequence[Job]) -> list[Reading]:
        try:
            return super().hear(jobs)
        except torch.OutOfMemoryError:
            if len(jobs) == 1:
                self.longest_ms = 30_001
            raise


def test_a_window_that_fits_alone_is_heard_when_the_others_are_done(ear: Ear) -> None:
    speeches = [a_speech(*stretch) for stretch in SPEECHES]
    expected = all_heard(speeches, 8, DecodingOptions())
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(), batch=8)
    engine._ear = ShortAtFirst(ear, windows=8, longest_ms=9_000)  # type: ignore[assignment]
    assert {heard.recording_id: heard for heard in engine.transcribe(speeches)} == expected


class Together(ShortOfMemory):
    """Lets a batch go on only when so many are worked on at once."""

    def __init__(self, ear: Ear, batches: int):
        super().__init__(ear, windows=99)
        self.meeting = threading.Barrier(batches, timeout=120)

    def hear(self, jobs: Sequence[Job]) -> list[Reading]:
        self.meeting.wait()
        return super().hear(jobs)


def test_few_short_recordings_keep_more_than_one_lane_busy(ear: Ear) -> None:
    """Two lanes share 18 windows: were there but 16 and then 2, one core would idle for long."""
    sound = spoken("cat-01", 0.0, 2.0)
    window = Span(start_ms=0, end_ms=2_000)
    given = [
        Speech(recording_id=rec(str(at)), samples=sound, windows=(window,), language="en")
        for at in range(18)
    ]
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(temperatures=(0.0,)))
    engine._lanes = 2
    engine._ear = Together(ear, batches=3)  # type: ignore[assignment]
    heard = list(engine.transcribe(given))
    assert len(heard) == 18
    assert len({one.words for one in heard}) == 1


class PassesOver(ShortOfMemory):
    """Stands in for weights that pass over what follows the first words of a long window, which
    can't be had at will: the last of those words lasts to the end."""

    def __init__(self, ear: Ear):
        super().__init__(ear, windows=99)
        self.words = self.first_words

    def hear(self, jobs: Sequence[Job]) -> list[Reading]:
        readings = self.ear.hear(jobs)
        self.long = {
            id(reading): job.window.length_ms
            for job, reading in zip(jobs, readings, strict=True)
            if job.window.length_ms > 9_000
        }
        return readings

    def first_words(self, reading: Reading) -> list[Spoken]:
        found = self.ear.words(reading)
        if id(reading) not in self.long:
            return found
        return [*found[:3], replace(found[3], end_ms=self.long[id(reading)])]


def test_where_words_were_passed_over_a_window_is_heard_in_two(ear: Ear) -> None:
    given = a_speech("astronaut-01", 0.0, 14.0)
    (window,) = given.windows
    assert window.length_ms > 9_000
    (whole,) = all_heard([given], 8, DecodingOptions()).values()
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(), batch=8)
    engine._ear = PassesOver(ear)  # type: ignore[assignment]
    (heard,) = engine.transcribe([given])
    assert len(heard.words) > 0.8 * len(whole.words)
    assert max(word.end_ms - word.start_ms for word in heard.words) < 3_000
    assert [word.segment for word in heard.words] == sorted(word.segment for word in heard.words)


def test_nobody_speaking_is_no_words() -> None:
    silent = Speech(recording_id=rec("b"), samples=tone(1.0), windows=(), language=None)
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions())
    (heard,) = engine.transcribe([silent])
    assert (heard.words, heard.segments) == ((), ())


def test_a_window_of_silence_has_no_words(ear: Ear) -> None:
    assert [reading.pieces.all for reading in ear.hear([a_job(silence(3.0))])] == [()]


def test_luck_depends_on_the_window_and_the_attempt_alone() -> None:
    job, again = a_job(tone(1.0), attempt=1), a_job(tone(1.0), attempt=2)
    assert (hearing._luck(job, 5) == hearing._luck(a_job(tone(2.0), attempt=1), 5)).all()
    assert (hearing._luck(job, 5) != hearing._luck(again, 5)).all()
