"""How the batched engine groups windows into batches, which does not change any transcript.

In float32; `test_bfloat16` has the same for the other number format.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from annotate.model.errors import AnnotateError
from annotate.model.speech import Span
from annotate.recognizers.batched_whisper.batcher import WindowTask
from annotate.recognizers.batched_whisper.engine import BatchedWhisper
from annotate.recognizers.batched_whisper.network import Network
from annotate.recognizers.batched_whisper.window_decoder import DecodingResult, WindowDecoder
from annotate.recognizers.batched_whisper.word_alignment import AlignedWord
from annotate.recognizers.checkpoints import find
from annotate.recognizers.loading import load
from annotate.recognizers.options import DecodingOptions
from annotate.recognizers.recognizer import RecognizerInput, RecognizerOutput
from tests.builders import rec
from tests.sounds import spoken
from tests.whispers import an_input

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def decoder() -> WindowDecoder:
    return WindowDecoder(Network(load(find("demo"), "cpu").network), DecodingOptions())


def all_transcribed(
    recordings: Sequence[RecognizerInput], batch: int, decoding: DecodingOptions
) -> dict[str, RecognizerOutput]:
    engine = BatchedWhisper(find("demo"), "cpu", decoding, batch=batch, compute_type="float32")
    return {output.recording_id: output for output in engine.transcribe(recordings)}


EXCERPTS = [("astronaut-01", 0.0, 40.0), ("cat-01", 0.0, 8.0), ("coffee-02", 5.0, 11.0)]


@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_batch_size_and_order_do_not_change_transcripts(temperature: float) -> None:
    decoding = DecodingOptions(temperatures=(temperature,))
    recordings = [an_input(*excerpt) for excerpt in EXCERPTS]
    expected = all_transcribed(recordings, 1, decoding)
    assert len(expected) == len(EXCERPTS)
    assert all(output.words for output in expected.values())
    assert all_transcribed(recordings[::-1], 3, decoding) == expected
    assert all_transcribed(recordings[1:] + recordings[:1], 16, decoding) == expected


def test_only_windows_below_the_logprob_threshold_are_decoded_again() -> None:
    """The threshold is between two windows' avg_logprob: one is decoded at the next temperature."""
    recordings = [an_input("cat-01", 0.0, 8.0), an_input("coffee-02", 5.0, 11.0)]
    logprobs = {
        name: output.segments[0].avg_logprob
        for name, output in all_transcribed(
            recordings, 4, DecodingOptions(temperatures=(0.0,))
        ).items()
    }
    lower, higher = sorted(logprobs, key=lambda name: logprobs[name])
    threshold = (logprobs[lower] + logprobs[higher]) / 2
    decoding = DecodingOptions(
        temperatures=(0.0, 0.6), logprob_threshold=threshold, no_speech_threshold=1
    )
    outputs = all_transcribed(recordings, 4, decoding)
    assert {segment.temperature for segment in outputs[higher].segments} == {0.0}
    assert {segment.temperature for segment in outputs[lower].segments} == {0.6}


class LimitedMemory:
    """Stub of a device with little memory: batches of more than `windows` windows, or with a window
    of `longest_ms` or more, raise an error."""

    def __init__(self, decoder: WindowDecoder, windows: int, longest_ms: int = 30_001):
        self.decoder, self.windows, self.longest_ms = decoder, windows, longest_ms
        self.words, self.text_of = decoder.words, decoder.text_of
        self.given_language = decoder.given_language

    def decode(self, tasks: Sequence[WindowTask]) -> list[DecodingResult]:
        longest_ms = max(task.window.length_ms for task in tasks)
        if len(tasks) > self.windows or longest_ms >= self.longest_ms:
            raise torch.OutOfMemoryError("out of memory")
        return self.decoder.decode(tasks)


def test_out_of_memory_halves_the_batch_size(
    decoder: WindowDecoder, caplog: pytest.LogCaptureFixture
) -> None:
    recordings = [an_input(*excerpt) for excerpt in EXCERPTS]
    expected = all_transcribed(recordings, 8, DecodingOptions())
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(), batch=8, compute_type="float32")
    engine._decoder = LimitedMemory(decoder, windows=2)  # type: ignore[assignment]
    assert {output.recording_id: output for output in engine.transcribe(recordings)} == expected
    assert engine.batch <= 2
    assert "out of memory" in caplog.text


def test_a_window_that_never_fits_fails_only_its_recording(decoder: WindowDecoder) -> None:
    recordings = [an_input(*excerpt) for excerpt in EXCERPTS]
    expected = all_transcribed(recordings[1:], 8, DecodingOptions())
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(), batch=8, compute_type="float32")
    engine._decoder = LimitedMemory(decoder, windows=8, longest_ms=9_000)  # type: ignore[assignment]
    found: dict[str, RecognizerOutput] = {}
    with pytest.raises(AnnotateError, match=r"device has: 1\. .* --device cpu"):
        found.update((output.recording_id, output) for output in engine.transcribe(recordings))
    assert found == expected


class MemoryFreedLater(LimitedMemory):
    """Stub of a device whose memory is partly used by another batch at first."""

    def decode(self, tasks: Sequence[WindowTask]) -> list[DecodingResult]:
        try:
            return super().decode(tasks)
        except torch.OutOfMemoryError:
            if len(tasks) == 1:
                self.longest_ms = 30_001
            raise


def test_a_window_that_fits_only_alone_is_decoded_after_the_others(decoder: WindowDecoder) -> None:
    recordings = [an_input(*excerpt) for excerpt in EXCERPTS]
    expected = all_transcribed(recordings, 8, DecodingOptions())
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(), batch=8, compute_type="float32")
    engine._decoder = MemoryFreedLater(decoder, windows=8, longest_ms=9_000)  # type: ignore[assignment]
    assert {output.recording_id: output for output in engine.transcribe(recordings)} == expected


class Simultaneous(LimitedMemory):
    """Decodes only when `batches` batches are being decoded at the same time."""

    def __init__(self, decoder: WindowDecoder, batches: int):
        super().__init__(decoder, windows=99)
        self.barrier = threading.Barrier(batches, timeout=120)

    def decode(self, tasks: Sequence[WindowTask]) -> list[DecodingResult]:
        self.barrier.wait()
        return super().decode(tasks)


def test_few_short_recordings_keep_more_than_one_lane_busy(decoder: WindowDecoder) -> None:
    """Two lanes share 18 windows: in batches of 16 and 2, one core would be idle for long."""
    samples = spoken("cat-01", 0.0, 2.0)
    window = Span(start_ms=0, end_ms=2_000)
    recordings = [
        RecognizerInput(
            recording_id=rec(str(at)), samples=samples, windows=(window,), language="en"
        )
        for at in range(18)
    ]
    engine = BatchedWhisper(
        find("demo"), "cpu", DecodingOptions(temperatures=(0.0,)), compute_type="float32"
    )
    engine._lanes = 2
    engine._decoder = Simultaneous(decoder, batches=3)  # type: ignore[assignment]
    output = list(engine.transcribe(recordings))
    assert len(output) == 18
    assert len({one.words for one in output}) == 1


class SkipsWords(LimitedMemory):
    """Stub of weights that skip all but the first words of a long window: the last of these words
    lasts to the end of the window."""

    def __init__(self, decoder: WindowDecoder):
        super().__init__(decoder, windows=99)
        self.words = self.first_words

    def decode(self, tasks: Sequence[WindowTask]) -> list[DecodingResult]:
        results = self.decoder.decode(tasks)
        self.long = {
            id(result): task.window.length_ms
            for task, result in zip(tasks, results, strict=True)
            if task.window.length_ms > 9_000
        }
        return results

    def first_words(self, result: DecodingResult) -> list[AlignedWord]:
        found = self.decoder.words(result)
        if id(result) not in self.long:
            return found
        return [*found[:3], replace(found[3], end_ms=self.long[id(result)])]


def test_a_window_with_skipped_words_is_decoded_again_in_two_parts(decoder: WindowDecoder) -> None:
    recording = an_input("astronaut-01", 0.0, 14.0)
    (window,) = recording.windows
    assert window.length_ms > 9_000
    (whole,) = all_transcribed([recording], 8, DecodingOptions()).values()
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(), batch=8, compute_type="float32")
    engine._decoder = SkipsWords(decoder)  # type: ignore[assignment]
    (output,) = engine.transcribe([recording])
    assert len(output.words) > 0.8 * len(whole.words)
    assert max(word.end_ms - word.start_ms for word in output.words) < 3_000
    assert [word.segment for word in output.words] == sorted(word.segment for word in output.words)
