"""How the batched engine puts windows together: nothing of it changes what is recognized."""

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
    return WindowDecoder(Network(load(find("demo"), "cpu")), DecodingOptions())


def all_transcribed(
    speeches: Sequence[RecognizerInput], batch: int, decoding: DecodingOptions
) -> dict[str, RecognizerOutput]:
    engine = BatchedWhisper(find("demo"), "cpu", decoding, batch=batch)
    return {output.recording_id: output for output in engine.transcribe(speeches)}


SPEECHES = [("astronaut-01", 0.0, 40.0), ("cat-01", 0.0, 8.0), ("coffee-02", 5.0, 11.0)]


@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_company_and_order_change_nothing(temperature: float) -> None:
    decoding = DecodingOptions(temperatures=(temperature,))
    speeches = [an_input(*stretch) for stretch in SPEECHES]
    alone = all_transcribed(speeches, 1, decoding)
    assert len(alone) == len(SPEECHES)
    assert all(output.words for output in alone.values())
    assert all_transcribed(speeches[::-1], 3, decoding) == alone
    assert all_transcribed(speeches[1:] + speeches[:1], 16, decoding) == alone


def test_what_is_doubtful_alone_is_tried_again() -> None:
    """The bound lies between two windows' certainty: only one goes on to the next temperature."""
    speeches = [an_input("cat-01", 0.0, 8.0), an_input("coffee-02", 5.0, 11.0)]
    logprobs = {
        name: output.segments[0].avg_logprob
        for name, output in all_transcribed(
            speeches, 4, DecodingOptions(temperatures=(0.0,))
        ).items()
    }
    lower, higher = sorted(logprobs, key=lambda name: logprobs[name])
    between = (logprobs[lower] + logprobs[higher]) / 2
    decoding = DecodingOptions(
        temperatures=(0.0, 0.6), logprob_threshold=between, no_speech_threshold=1
    )
    tried = all_transcribed(speeches, 4, decoding)
    assert {segment.temperature for segment in tried[higher].segments} == {0.0}
    assert {segment.temperature for segment in tried[lower].segments} == {0.6}


class ShortOfMemory:
    """Stands in for a device too small, which can't be had at will: it holds only so many windows,
    and none that is as long as `longest_ms`."""

    def __init__(self, decoder: WindowDecoder, windows: int, longest_ms: int = 30_001):
        self.decoder, self.windows, self.longest_ms = decoder, windows, longest_ms
        self.words, self.text_of = decoder.words, decoder.text_of
        self.given_language = decoder.given_language

    def decode(self, tasks: Sequence[WindowTask]) -> list[DecodingResult]:
        longest_ms = max(task.window.length_ms for task in tasks)
        if len(tasks) > self.windows or longest_ms >= self.longest_ms:
            raise torch.OutOfMemoryError("out of memory")
        return self.decoder.decode(tasks)


def test_short_memory_halves_the_batch_and_goes_on(
    decoder: WindowDecoder, caplog: pytest.LogCaptureFixture
) -> None:
    speeches = [an_input(*stretch) for stretch in SPEECHES]
    expected = all_transcribed(speeches, 8, DecodingOptions())
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(), batch=8)
    engine._decoder = ShortOfMemory(decoder, windows=2)  # type: ignore[assignment]
    assert {output.recording_id: output for output in engine.transcribe(speeches)} == expected
    assert engine.batch <= 2
    assert "out of memory" in caplog.text


def test_a_window_that_never_fits_costs_its_recording_alone(decoder: WindowDecoder) -> None:
    speeches = [an_input(*stretch) for stretch in SPEECHES]
    expected = all_transcribed(speeches[1:], 8, DecodingOptions())
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(), batch=8)
    engine._decoder = ShortOfMemory(decoder, windows=8, longest_ms=9_000)  # type: ignore[assignment]
    found: dict[str, RecognizerOutput] = {}
    with pytest.raises(AnnotateError, match=r"device has: 1\. .* --device cpu"):
        found.update((output.recording_id, output) for output in engine.transcribe(speeches))
    assert found == expected


class ShortAtFirst(ShortOfMemory):
    """Stands in for a device whose memory another batch holds meanwhile."""

    def decode(self, tasks: Sequence[WindowTask]) -> list[DecodingResult]:
        try:
            return super().decode(tasks)
        except torch.OutOfMemoryError:
            if len(tasks) == 1:
                self.longest_ms = 30_001
            raise


def test_a_window_that_fits_alone_is_heard_when_the_others_are_done(decoder: WindowDecoder) -> None:
    speeches = [an_input(*stretch) for stretch in SPEECHES]
    expected = all_transcribed(speeches, 8, DecodingOptions())
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(), batch=8)
    engine._decoder = ShortAtFirst(decoder, windows=8, longest_ms=9_000)  # type: ignore[assignment]
    assert {output.recording_id: output for output in engine.transcribe(speeches)} == expected


class Together(ShortOfMemory):
    """Lets a batch go on only when so many are worked on at once."""

    def __init__(self, decoder: WindowDecoder, batches: int):
        super().__init__(decoder, windows=99)
        self.meeting = threading.Barrier(batches, timeout=120)

    def decode(self, tasks: Sequence[WindowTask]) -> list[DecodingResult]:
        self.meeting.wait()
        return super().decode(tasks)


def test_few_short_recordings_keep_more_than_one_lane_busy(decoder: WindowDecoder) -> None:
    """Two lanes share 18 windows: were there but 16 and then 2, one core would idle for long."""
    sound = spoken("cat-01", 0.0, 2.0)
    window = Span(start_ms=0, end_ms=2_000)
    given = [
        RecognizerInput(recording_id=rec(str(at)), samples=sound, windows=(window,), language="en")
        for at in range(18)
    ]
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(temperatures=(0.0,)))
    engine._lanes = 2
    engine._decoder = Together(decoder, batches=3)  # type: ignore[assignment]
    output = list(engine.transcribe(given))
    assert len(output) == 18
    assert len({one.words for one in output}) == 1


class SkipsWords(ShortOfMemory):
    """Stands in for weights that pass over what follows the first words of a long window, which
    can't be had at will: the last of those words lasts to the end."""

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


def test_where_words_were_passed_over_a_window_is_heard_in_two(decoder: WindowDecoder) -> None:
    given = an_input("astronaut-01", 0.0, 14.0)
    (window,) = given.windows
    assert window.length_ms > 9_000
    (whole,) = all_transcribed([given], 8, DecodingOptions()).values()
    engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(), batch=8)
    engine._decoder = SkipsWords(decoder)  # type: ignore[assignment]
    (output,) = engine.transcribe([given])
    assert len(output.words) > 0.8 * len(whole.words)
    assert max(word.end_ms - word.start_ms for word in output.words) < 3_000
    assert [word.segment for word in output.words] == sorted(word.segment for word in output.words)
