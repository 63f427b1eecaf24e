"""An engine's transcripts compared with those of `whisper.transcribe` on whole recordings."""

from pathlib import Path

import pytest

from annotate.execution.runner import run_step
from annotate.model.errors import AnnotateError
from annotate.model.ids import sha256_hex
from annotate.model.tables import Recordings
from annotate.recognizers.checkpoints import find
from annotate.recognizers.options import TranscribeOptions
from annotate.store.lake import Lake
from annotate.transcribe.parity import compare
from annotate.transcribe.step import Transcribe
from tests.builders import a_recording, frame
from tests.sounds import as_wav, spoken

pytestmark = pytest.mark.integration


def a_lake(root: Path) -> Lake:
    lake = Lake(root)
    rows = []
    for name, length in (("cat-01", 9), ("astronaut-01", 34), ("coffee-02", 7)):
        data = as_wav(spoken(name, 0, length))
        blob = f"blobs/audio/00/{name}.wav"
        lake.blobs.write(blob, data)
        rows.append(a_recording(name, blob=blob, sha256=sha256_hex(data)))
    lake.append(Recordings, frame(Recordings, rows))
    return lake


def test_a_sample_is_transcribed_again_by_stock(tmp_path: Path) -> None:
    lake, options = a_lake(tmp_path), TranscribeOptions(model="demo", device="cpu")
    run_step(Transcribe(options), lake)
    progress: list[tuple[int, int]] = []
    parity = compare(lake, options, find("demo"), 2, lambda *counts: progress.append(counts))
    assert progress == [(0, 2), (1, 2), (2, 2)]
    assert parity.recordings == 2
    assert parity.words > 15
    assert parity.difference <= 0.06
    assert parity.word_time_ms is not None
    assert parity.word_time_ms <= 20


def test_without_transcripts_there_is_nothing_to_compare(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="no transcripts of annotate with demo"):
        compare(
            a_lake(tmp_path), TranscribeOptions(model="demo", device="cpu"), find("demo"), 5, print
        )
