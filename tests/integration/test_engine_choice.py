"""`auto` with the demo's checkpoint and the real engines: measured once, then kept."""

from pathlib import Path

import pytest

from annotate.execution.runner import run_step
from annotate.model.ids import sha256_hex
from annotate.model.tables import Recordings, Transcripts
from annotate.recognizers.options import TranscribeOptions
from annotate.store.engine_choices import ENGINES
from annotate.store.lake import Lake
from annotate.transcribe.step import Transcribe
from tests.builders import a_recording, frame
from tests.sounds import as_wav, spoken

pytestmark = pytest.mark.integration


def test_the_choice_is_measured_once_and_every_transcript_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("faster_whisper", reason="pip install 'annotate-aloud[ctranslate2]'")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lake, options = Lake(tmp_path / "lake"), TranscribeOptions(model="demo", engine="auto")
    data = as_wav(spoken("cat-01", 0, 5))
    lake.blobs.write("blobs/audio/00/a.wav", data)
    row = a_recording("a", blob="blobs/audio/00/a.wav", sha256=sha256_hex(data))
    lake.append(Recordings, frame(Recordings, [row]))
    assert run_step(Transcribe(options), lake).written == 1
    engine = lake.read(Transcripts)["engine"].item()
    (first,) = [text for text in caplog.messages if text.startswith("engine ")]
    assert first.startswith(f"engine {engine}: ")
    assert "s of audio a second, " in first
    assert first.endswith("(1 recording, 5 s)")
    again = run_step(Transcribe(options), lake)
    assert (again.written, again.reused) == (0, 1)
    assert caplog.messages[-1].endswith("the lake's transcripts by this model are made with it")
    table = lake.delta(ENGINES).open()
    assert table is not None
    assert table.scan().collect()["engine"].to_list() == [engine]
