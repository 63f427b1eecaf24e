"""An error in one recording affects only that one: the rest of its batch is written."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from annotate.execution.runner import run_step
from annotate.model.errors import AnnotateError
from annotate.model.ids import sha256_hex
from annotate.model.tables import Recordings, Transcripts
from annotate.recognizers.batched_whisper.batcher import WindowTask
from annotate.recognizers.batched_whisper.engine import BatchedWhisper
from annotate.recognizers.batched_whisper.window_decoder import DecodingResult, WindowDecoder
from annotate.recognizers.checkpoints import find
from annotate.recognizers.options import DecodingOptions, TranscribeOptions
from annotate.store.lake import Lake
from annotate.transcribe.step import Transcribe
from tests.builders import a_recording, frame, rec
from tests.media_files import wav
from tests.sounds import as_wav, encoded, silence, spoken

pytestmark = pytest.mark.integration


def a_lake(root: Path, **audio: bytes) -> Lake:
    lake = Lake(root)
    rows = []
    for name, data in audio.items():
        blob = f"blobs/audio/00/{name}.webm"
        lake.blobs.write(blob, data)
        rows.append(a_recording(name, blob=blob, sha256=sha256_hex(data)))
    lake.append(Recordings, frame(Recordings, rows))
    return lake


def word_counts(lake: Lake) -> dict[str, int]:
    rows = lake.read(Transcripts).select("recording_id", "words").iter_rows()
    return {recording: len(words) for recording, words in rows}


def an_engine() -> BatchedWhisper:
    return BatchedWhisper(find("demo"), "cpu", DecodingOptions(), batch=8)


def test_broken_silent_and_endless_recordings_affect_only_themselves(tmp_path: Path) -> None:
    intact = encoded(spoken("cat-01", 0, 8), "webm", "libopus")
    broken = bytearray(encoded(spoken("cat-01", 0, 6), "webm", "libopus"))
    broken[len(broken) // 4 :] = np.random.default_rng(0).bytes(len(broken) * 3 // 4)
    samples = spoken("cat-01", 0, 6).astype("<f4")
    samples[9999] = np.nan
    lake = a_lake(
        tmp_path,
        good=intact,
        nan=wav(samples.tobytes(), tag=3, bits=32),
        broken=bytes(broken),
        silent=as_wav(silence(20.0)),
        endless=as_wav(silence(905.0), rate=16_000),
        fine=as_wav(spoken("astronaut-01", 0, 6)),
    )
    report = run_step(Transcribe(TranscribeOptions(model="demo"), an_engine()), lake)
    assert report.quarantined.get("too_long") == 1
    assert report.quarantined.get("bad_samples") == 1  # the current ingest would reject it
    found = word_counts(lake)
    assert rec("endless") not in found
    assert found[rec("silent")] == 0
    assert found[rec("good")] > 10
    assert found[rec("fine")] > 5
    assert report.written + sum(report.quarantined.values()) == 6


class LimitedMemory:
    """Stub of a device whose memory is too small for long windows."""

    def __init__(self, decoder: WindowDecoder):
        self.decoder, self.words, self.text_of = decoder, decoder.words, decoder.text_of
        self.given_language = decoder.given_language

    def decode(self, tasks: Sequence[WindowTask]) -> list[DecodingResult]:
        if any(task.window.length_ms > 9_000 for task in tasks):
            raise torch.OutOfMemoryError("out of memory")
        return self.decoder.decode(tasks)


def test_recordings_too_large_for_the_device_wait_for_another_and_the_rest_is_written(
    tmp_path: Path,
) -> None:
    lake = a_lake(
        tmp_path,
        long=as_wav(spoken("astronaut-01", 0, 14)),
        a=as_wav(spoken("cat-01", 0, 8)),
        b=as_wav(spoken("coffee-02", 0, 7)),
    )
    engine = an_engine()
    original = engine._decoder
    engine._decoder = LimitedMemory(original)  # type: ignore[assignment]
    with pytest.raises(AnnotateError, match=r"memory"):
        run_step(Transcribe(TranscribeOptions(model="demo"), engine), lake)
    assert set(word_counts(lake)) == {rec("a"), rec("b")}
    engine._decoder = original
    assert run_step(Transcribe(TranscribeOptions(model="demo"), engine), lake).written == 1
    assert set(word_counts(lake)) == {rec("a"), rec("b"), rec("long")}
