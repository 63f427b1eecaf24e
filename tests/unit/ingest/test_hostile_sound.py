"""Malicious audio is rejected with a reason, and other recordings are ingested."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annotate.execution.runner import run_step
from annotate.ingest import probe
from annotate.ingest.step import Ingest
from annotate.media.audio import AudioBounds
from annotate.model.tables import Recordings
from annotate.store.lake import Lake
from tests.media_files import chunk, muxed, pcm16, shifted, wav
from tests.sounds import encoded, tone
from tests.unit.check.builders import verdict

SOUND = tone(6.0)
CONSENT = {"scope": "public", "at": "2026-11-01T09:00:00Z", "statement": "test-v1"}


def with_nan() -> bytes:
    samples = SOUND.astype("<f4")
    samples[len(samples) // 2] = np.nan
    return wav(samples.tobytes(), tag=3, bits=32)


LIST = chunk(b"LIST", b"INFO" + chunk(b"ISFT", b"Lavf58.76.100"))

FILES: dict[str, tuple[bytes, str | None]] = {
    "good.webm": (encoded(SOUND, "webm", "libopus"), None),
    "nan.wav": (with_nan(), "bad_samples"),
    "unfinished.wav": (wav(pcm16(SOUND), data_size=0, riff_size=0, before=LIST), None),
    "endless.wav": (wav(pcm16(SOUND), data_size=0xFFFF_FFFF, before=LIST), None),
    "rate-0.wav": (wav(pcm16(SOUND), rate=0), "bad_header"),
    "channels-0.wav": (wav(pcm16(SOUND), channels=0, block=2), "bad_header"),
    "hours.wav": (wav(pcm16(SOUND), data_size=2**31 - 2**20), "too_long"),
    "absurd.webm": (muxed([SOUND], change=shifted(1e9)), "too_long"),
    "text.webm": (b"these are words" * 50, "not_audio"),
    "last.ogg": (encoded(tone(6.0, hertz=300), "ogg", "libopus"), None),
}


def a_source(root: Path, files: dict[str, bytes], **over: Any) -> Path:
    root.mkdir()
    Image.new("RGB", (40, 30), "teal").save(root / "cat.jpg")
    lines = []
    for name, data in files.items():
        (root / name).write_bytes(data)
        row: dict[str, Any] = {"recording": name, "image": "cat.jpg", "annotator": "ann-01"}
        lines.append(json.dumps({**row, "consent": CONSENT, **over}))
    (root / "manifest.jsonl").write_text("\n".join(lines) + "\n")
    return root


def rejected(lake: Lake) -> dict[str, str]:
    rows = lake.quarantined().select("item", "reason").iter_rows()
    return {item.partition("/")[2]: reason for item, reason in rows}


def test_each_malicious_file_is_rejected_with_its_reason(tmp_path: Path) -> None:
    source = a_source(tmp_path / "src", {name: data for name, (data, _) in FILES.items()})
    lake = Lake(tmp_path / "lake")
    report = run_step(Ingest(source), lake)
    expected = {name: reason for name, (_, reason) in FILES.items() if reason}
    assert rejected(lake) == expected
    assert report.written == len(FILES) - len(expected)
    rows = lake.read(Recordings)
    assert rows["duration_ms"].is_between(5990, 6050).all()
    assert rows.select(name for name in rows.columns if name.endswith("dbfs")).to_numpy().max() < 1
    assert (rows["filled_ms"].to_list(), set(rows["track"])) == ([0] * len(rows), {1})


def test_a_stream_that_begins_late_is_complete_by_the_recorders_clock(tmp_path: Path) -> None:
    files = {"late.webm": muxed([SOUND], change=shifted(3.0))}
    lake = Lake(tmp_path / "lake")
    run_step(Ingest(a_source(tmp_path / "src", files, client_ms=9020)), lake)
    (row,) = lake.read(Recordings).select("duration_ms", "filled_ms", "client_ms").to_dicts()
    assert row["filled_ms"] == pytest.approx(3000, abs=10)
    assert verdict("is_truncated", **row)["status"] == "pass"
    assert verdict("has_gaps", **row)["status"] == "flag"


def test_the_track_and_channels_with_the_voice_are_stored(tmp_path: Path) -> None:
    quiet = np.zeros_like(SOUND)
    files = {"second.mkv": muxed([quiet], [quiet, SOUND], container="matroska", codec="aac")}
    lake = Lake(tmp_path / "lake")
    run_step(Ingest(a_source(tmp_path / "src", files)), lake)
    row = lake.read(Recordings).row(0, named=True)
    assert (row["track"], row["channels"], row["used_channels"]) == (2, 2, [2])


def _fail_for_some_bytes(data: bytes, bounds: AudioBounds) -> Any:
    """Replaces decoding: crashes, hangs or exhausts memory for certain bytes."""
    if data.startswith(b"crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if data.startswith(b"hang"):
        while True:
            pass
    if data.startswith(b"eat"):
        np.ones(2**31, np.uint8)
    return probe.decode_and_measure(data, bounds)


def test_a_crash_a_hang_or_exhausted_memory_affects_one_recording_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No real decoder crashes on known bytes.
    monkeypatch.setattr("annotate.ingest.probe.decode_and_measure", _fail_for_some_bytes)
    files = {
        "a.webm": b"crash",
        "b.webm": b"hang",
        "c.webm": b"eat",
        "d.webm": FILES["last.ogg"][0],
    }
    lake = Lake(tmp_path / "lake")
    bounds = AudioBounds(max_decode_seconds=0.5, max_decode_bytes=2**28)
    report = run_step(Ingest(a_source(tmp_path / "src", files), bounds), lake)
    assert rejected(lake) == {
        "a.webm": "decoder_crashed",
        "b.webm": "too_slow",
        "c.webm": "too_much_memory",
    }
    assert report.written == 1
