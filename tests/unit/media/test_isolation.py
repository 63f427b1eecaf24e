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


def test_a_result_is_returned() -> None:
    samples = np.linspace(-1, 1, 1_000_000, dtype=np.float32)
    np.testing.assert_array_equal(run_isolated(failures.halves, samples), samples / 2)
    assert run_isolated(failures.own_pid) != os.getpid()


def test_a_rejection_is_raised_unchanged() -> None:
    rejected = rejection(failures.rejects, "not_audio")
    assert (rejected.reason, rejected.detail) == ("not_audio", "a detail")


def test_any_other_error_is_a_rejection_with_its_name() -> None:
    rejected = rejection(failures.raises, KeyError("lost"))
    assert (rejected.reason, rejected.detail) == ("unexpected_error", "KeyError: 'lost'")


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGILL])
def test_a_crash_affects_one_call_only(number: signal.Signals) -> None:
    assert rejection(failures.killed_by, number).reason == "decoder_crashed"
    assert run_isolated(failures.allocates, 3) == 3


def test_a_segmentation_fault_is_a_crash() -> None:
    rejected = rejection(failures.reads_null, b"")
    assert rejected.reason == "decoder_crashed"
    assert "Segmentation fault" in rejected.detail


@pytest.mark.parametrize("code", [0, 1, 7])
def test_an_exit_without_a_response_is_a_crash(code: int) -> None:
    assert rejection(failures.exits, code).reason == "decoder_crashed"


def test_sigkill_means_too_much_memory() -> None:
    assert rejection(failures.killed_by, signal.SIGKILL).reason == "too_much_memory"


def test_processor_time_is_limited() -> None:
    rejected = rejection(failures.computes_endlessly, cpu_seconds=1)
    assert rejected.reason == "too_slow"
    assert "processor" in rejected.detail


def test_wall_time_is_limited() -> None:
    assert rejection(failures.sleeps_endlessly, wall_seconds=0.5).reason == "too_slow"
    assert run_isolated(failures.allocates, 3) == 3


def test_additional_memory_is_limited() -> None:
    rejected = rejection(failures.allocates, 200 * MIB, memory_bytes=100 * MIB)
    assert rejected.reason == "too_much_memory"
    assert "100 MiB" in rejected.detail
    assert run_isolated(failures.allocates, 200 * MIB) == 200 * MIB


def test_files_cannot_be_written(tmp_path: Path) -> None:
    assert "OSError" in rejection(failures.writes, str(tmp_path / "file")).detail


def test_responses_are_not_unpickled(tmp_path: Path) -> None:
    rejected = rejection(failures.responds_with, f"touch {tmp_path}/taken-over")
    assert rejected.reason == "decoder_crashed"
    assert not list(tmp_path.iterdir())


def test_the_environment_contains_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", "secret")
    rejection(failures.exits, 1)  # so that the next call has a new process
    assert "secret" not in str(run_isolated(failures.environment))


def test_core_dumps_are_disabled() -> None:
    assert run_isolated(failures.core_limit) == (0, 0)


def test_a_process_is_reused() -> None:
    assert run_isolated(failures.own_pid) == run_isolated(failures.own_pid)


def test_a_process_killed_while_idle_is_replaced() -> None:
    os.kill(run_isolated(failures.own_pid), signal.SIGKILL)
    assert run_isolated(failures.allocates, 3) == 3


def test_a_process_damaged_by_an_earlier_call_is_replaced() -> None:
    for _ in range(3):
        run_isolated(failures.damages_its_process)
        assert run_isolated(failures.allocates, 3) == 3


def test_many_threads_share_the_processes() -> None:
    def result_of(number: int) -> int | str:
        if number % 7 == 3:
            return rejection(failures.exits, 1).reason
        return run_isolated(failures.allocates, number)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(result_of, range(40)))
    assert found == ["decoder_crashed" if number % 7 == 3 else number for number in range(40)]


def test_a_killed_parent_leaves_no_running_process() -> None:
    code = "from tests.unit.media.failures import parent_of_an_endless_process as run; run()"
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


def test_a_forked_process_starts_its_own_processes() -> None:
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
