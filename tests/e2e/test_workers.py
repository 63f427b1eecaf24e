"""Several processes on one lake: nothing is transcribed twice, also when one of them is killed."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from annotate.execution.leases import Leases
from annotate.model.ids import recording_id, sha256_hex
from annotate.model.tables import Recordings, Transcripts
from annotate.store.lake import Lake
from tests.builders import a_recording, frame
from tests.sounds import DEMO, as_wav, silence, spoken

pytestmark = pytest.mark.e2e

SPOKEN = sorted(path.stem for path in (DEMO / "truth").glob("*.json"))[:8]
RECORDINGS = 36
"""Enough for several batches for each of two workers; most are silent, which is faster."""
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
"""One CPU thread for each worker."""


def write_lake(root: Path) -> Lake:
    """A lake of recordings of about two seconds, no two alike."""
    lake = Lake(root)
    audio_files = [as_wav(spoken(name, 0.0, 2.0)) for name in SPOKEN]
    audio_files += [as_wav(silence(2.0 + n / 100)) for n in range(RECORDINGS - len(SPOKEN))]
    rows = [
        a_recording(
            recording_id=recording_id(sha256_hex(audio)),
            sha256=sha256_hex(audio),
            blob=lake.blobs.put("audio", audio, "wav"),
        )
        for audio in audio_files
    ]
    lake.append(Recordings, frame(Recordings, rows))
    return lake


def start(lake: Lake) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "annotate", "transcribe", "--lake", lake.root]
    return subprocess.Popen(
        [*command, "--model", "demo", "--device", "cpu", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )


def finish(worker: "subprocess.Popen[str]") -> dict[str, Any]:
    out, err = worker.communicate()
    assert worker.returncode == 0, out + err
    (report,) = json.loads(out)["steps"]
    return dict(report)


def transcribed(lake: Lake) -> list[str]:
    """The recordings of all transcript rows: one that was transcribed twice is in it twice."""
    return sorted(lake.scan(Transcripts).collect()["recording_id"])


def contents(lake: Lake) -> list[tuple[Any, ...]]:
    """The transcripts without probabilities, whose last digit may differ by process."""
    return [
        (row["recording_id"], row["step_key"], row["language"], row["text"], times(row["words"]))
        for row in lake.read(Transcripts).to_dicts()
    ]


def times(words: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    return [(word["text"], word["start_ms"], word["end_ms"]) for word in words]


@pytest.fixture(scope="module")
def single_worker(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake on which one worker has done everything."""
    lake = write_lake(tmp_path_factory.mktemp("single"))
    report = finish(start(lake))
    assert (report["written"], report["elsewhere"]) == (RECORDINGS, 0)
    return lake


def test_two_started_at_once_share_the_work(single_worker: Lake, tmp_path: Path) -> None:
    lake = write_lake(tmp_path)
    reports = [finish(worker) for worker in [start(lake), start(lake)]]
    assert all(report["written"] > 0 for report in reports)
    assert sum(report["written"] for report in reports) == RECORDINGS
    assert all(report["written"] + report["elsewhere"] == RECORDINGS for report in reports)
    assert transcribed(lake) == transcribed(single_worker)
    assert contents(lake) == contents(single_worker)


def test_what_a_killed_worker_had_claimed_is_done_by_the_next(
    single_worker: Lake, tmp_path: Path
) -> None:
    lake = write_lake(tmp_path)
    with start(lake) as killed:
        while Leases(lake, "transcribe").read().claimed.is_empty():
            assert killed.poll() is None
            time.sleep(0.01)
        other = start(lake)
        while Leases(lake, "transcribe").read().workers < 2:
            assert other.poll() is None
            time.sleep(0.01)
        killed.kill()
    finish(other)
    rerun = finish(start(lake))
    assert rerun["elsewhere"] == 0  # a killed worker holds no claims
    assert transcribed(lake) == transcribed(single_worker)
    assert contents(lake) == contents(single_worker)
