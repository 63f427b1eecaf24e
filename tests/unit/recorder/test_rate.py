"""How often each user may upload, however many processes a server has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from annotate.recorder.errors import RequestError
from annotate.recorder.rate import Rate


def test_each_user_has_so_many_uploads_in_any_minute(tmp_path: Path) -> None:
    now = [0.0]
    rate = Rate(tmp_path, lambda: 2, clock=lambda: now[0])
    rate.count(1)
    now[0] = 10
    rate.count(1)
    rate.count(2)  # somebody else
    with pytest.raises(RequestError) as refusal:
        rate.count(1)
    assert (refusal.value.status, refusal.value.code) == (429, "too_many")
    assert refusal.value.retry_after_s == 50
    now[0] = 60  # the first is a minute ago
    rate.count(1)
    with pytest.raises(RequestError):
        rate.count(1)


def test_a_clock_that_begins_anew_locks_nobody_out(tmp_path: Path) -> None:
    now = [1e9]
    rate = Rate(tmp_path, lambda: 1, clock=lambda: now[0])
    rate.count(1)
    now[0] = 5.0  # the machine has started again
    rate.count(1)


@pytest.mark.parametrize("left", ["", "[1.0, 2", "{}", "5", '["x"]'])
def test_what_a_crash_leaves_in_a_file_counts_as_nothing(tmp_path: Path, left: str) -> None:
    rate = Rate(tmp_path, lambda: 1)
    rate.count(1)
    next(tmp_path.iterdir()).write_text(left)
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


def test_two_processes_together_allow_no_more_than_one(tmp_path: Path) -> None:
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
