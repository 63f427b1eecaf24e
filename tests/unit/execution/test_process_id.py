"""Identification of processes, and detection of ended ones."""

import subprocess
import sys
import time
from pathlib import Path

from annotate.execution.process_id import has_ended, machine, this_worker, worker_name


def sleeper() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


def test_this_process_is_alive() -> None:
    assert not has_ended(this_worker())
    assert this_worker() == this_worker()


def test_a_killed_process_has_ended_even_as_a_zombie() -> None:
    with sleeper() as process:
        name = worker_name(process.pid)
        assert not has_ended(name)
        process.kill()
        stat = Path(f"/proc/{process.pid}/stat")
        while " Z " not in stat.read_text():
            time.sleep(0.001)
        assert has_ended(name)
    assert has_ended(name)


def test_a_reused_process_id_is_another_process() -> None:
    where, pid, started = this_worker().rsplit(":", 2)
    assert has_ended(f"{where}:{pid}:{int(started) - 1}")


def test_processes_of_another_machine_count_as_running() -> None:
    with sleeper() as process:
        process.kill()
    assert not has_ended(f"other-0123abcd:{process.pid}:1")
    assert not machine().startswith("other")
