"""A parser's crash, hang or exhausted memory affects one call only."""

import os
import select
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from annotate.media.isolation import Limits, run_isolated
from annotate.model.errors import RejectedError
from tests.unit.media import failures

MIB = 2**20


def rejection(function, *arguments, **limits):
    with pytest.raises(RejectedError) as rejected:
        run_isolated(function, *arguments, limits=Limits(**limits))
    return rejected.value


def test_a_result_comes_back() -> None:
    samples = np.linspace(-1, 1, 1_000_000, dtype=np.float32)
    np.testing.assert_array_equal(run_isolated(failures.halves, samples), samples / 2)
    assert run_isolated(failures.own_pid) != os.getpid()


def test_a_rejection_comes_back_as_itself() -> None:
    rejected = rejection(failures.rejects, "not_audio")
    assert (rejected.reason, rejected.detail) == ("not_audio", "a detail")


def test_any_other_error_is_named() -> None:
    rejected = rejection(failures.raises, KeyError("lost"))
    assert (rejected.reason, rejected.detail) == ("unexpected_error", "KeyError: 'lost'")


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGILL])
def test_a_crash_costs_one_call(number: signal.Signals) -> None:
    assert rejection(failures.ended_by, number).reason == "decoder_crashed"
    assert run_isolated(failures.allocates, 3) == 3


def test_a_read_from_nowhere_is_a_crash() -> None:
    rejected = rejection(failures.reads_null, b"")
    assert rejected.reason == "decoder_crashed"
    assert "Segmentation fault" in rejected.detail


@pytest.mark.parametrize("code", [0, 1, 7])
def test_so_is_an_end_without_an_response(code: int) -> None:
    assert rejection(failures.exits, code).reason == "decoder_crashed"


def test_what_the_kernel_kills_took_too_much_memory() -> None:
    assert rejection(failures.ended_by, signal.SIGKILL).reason == "too_much_memory"


def test_computing_without_end_is_ended_by_processor_time() -> None:
    rejected = rejection(failures.spins, cpu_seconds=1)
    assert rejected.reason == "too_slow"
    assert "processor" in rejected.detail


def test_waiting_without_end_is_ended_by_the_clock() -> None:
    assert rejection(failures.waits, wall_seconds=0.5).reason == "too_slow"
    assert run_isolated(failures.allocates, 3) == 3


def test_memory_is_limited_beyond_what_a_process_has() -> None:
    rejected = rejection(failures.allocates, 200 * MIB, memory_bytes=100 * MIB)
    assert rejected.reason == "too_much_memory"
    assert "100 MiB" in rejected.detail
    assert run_isolated(failures.allocates, 200 * MIB) == 200 * MIB


def test_nothing_can_be_written_to_files(tmp_path: Path) -> None:
    assert "OSError" in rejection(failures.writes, str(tmp_path / "file")).detail


def test_what_comes_back_is_data_and_runs_nothing(tmp_path: Path) -> None:
    rejected = rejection(failures.responds_with, f"touch {tmp_path}/taken-over")
    assert rejected.reason == "decoder_crashed"
    assert not list(tmp_path.iterdir())


def test_no_token_of_the_environment_is_given_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", "secret")
    rejection(failures.exits, 1)  # so that the next call has a new process
    assert "secret" not in str(run_isolated(failures.environment))


def test_no_core_is_dumped() -> None:
    assert run_isolated(failures.core_limit) == (0, 0)


def test_a_process_is_used_again() -> None:
    assert run_isolated(failures.own_pid) == run_isolated(failures.own_pid)


def test_one_that_was_killed_while_idle_costs_nothing() -> None:
    os.kill(run_isolated(failures.own_pid), signal.SIGKILL)
    assert run_isolated(failures.allocates, 3) == 3


def test_what_an_earlier_call_damaged_costs_a_later_one_nothing() -> None:
    for _ in range(3):
        run_isolated(failures.damages_its_process)
        assert run_isolated(failures.allocates, 3) == 3


def test_many_threads_share_the_processes() -> None:
    def one(number: int) -> int | str:
        if number % 7 == 3:
            return rejection(failures.exits, 1).reason
        return run_isolated(failures.allocates, number)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one, range(40)))
    assert found == ["decoder_crashed" if number % 7 == 3 else number for number in range(40)]


def test_a_parent_that_is_killed_leaves_nothing_that_runs() -> None:
    code = "from tests.unit.media.failures import parent_of_one_that_spins as run; run()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        handle = os.pidfd_open(child)
        parent.kill()
        parent.wait()
    try:
        ended, _, _ = select.select([handle], [], [], 60)
        assert ended
    finally:
        os.close(handle)


def test_a_fork_leaves_the_processes_to_its_parent() -> None:
    run_isolated(failures.allocates, 3)
    code = (
        "import os\n"
        "from annotate.media.isolation import run_isolated\n"
        "from tests.unit.media.failures import own_pid\n"
        "first = run_isolated(own_pid)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(0 if run_isolated(own_pid) != first else 1)\n"
        "_, status = os.waitpid(child, 0)\n"
        "print(status == 0 and run_isolated(own_pid) == first)\n"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("True\n", "")
