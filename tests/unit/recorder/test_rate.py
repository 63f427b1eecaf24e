"""Limit of uploads per user and minute, across all processes of a server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from annotate.recorder.errors import RequestError
from annotate.recorder.rate import Rate


def test_each_users_uploads_per_minute_are_limited(tmp_path: Path) -> None:
    now = [0.0]
    rate = Rate(tmp_path, lambda: 2, clock=lambda: now[0])
    rate.count(1)
    now[0] = 10
    rate.count(1)
    rate.count(2)  # another user
    with pytest.raises(RequestError) as caught:
        rate.count(1)
    assert (caught.value.status, caught.value.code) == (429, "too_many")
    assert caught.value.retry_after_s == 50
    now[0] = 60  # the first upload was a minute ago
    rate.count(1)
    with pytest.raises(RequestError):
        rate.count(1)


def test_after_a_clock_reset_uploads_are_accepted(tmp_path: Path) -> None:
    now = [1e9]
    rate = Rate(tmp_path, lambda: 1, clock=lambda: now[0])
    rate.count(1)
    now[0] = 5.0  # the clock was reset by a reboot
    rate.count(1)


@pytest.mark.parametrize("content", ["", "[1.0, 2", "{}", "5", '["x"]'])
def test_a_damaged_file_counts_as_empty(tmp_path: Path, content: str) -> None:
    rate = Rate(tmp_path, lambda: 1)
    rate.count(1)
    next(tmp_path.iterdir()).write_text(content)
    rate.count(1)
    with pytest.raises(RequestError):
        rate.count(1)


WORKER = """
import sys
from pathlib import Path
from annotate.recorder.errors import RequestError
from annotate.recorder.rate import Rate
rate, allowed = Rate(Path(sys.argv[1]), lambda: 20), 0
sys.stdin.readline()
for _ in range(50):
    try:
        rate.count(7)
        allowed += 1
    except RequestError:
        pass
print(allowed)
"""


def test_the_limit_applies_across_processes(tmp_path: Path) -> None:
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    allowed = [int(worker.communicate(timeout=60)[0]) for worker in workers]
    assert sum(allowed) == 20
