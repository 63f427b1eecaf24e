"""Runs functions on untrusted bytes in another process, with limits of memory and time.

A C parser that crashes, never ends or takes all memory affects only the current item. Processes are
started on demand, at most one per core, and are reused; they end when this process ends, however it
ends.
"""

from __future__ import annotations

import atexit
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from annotate.media.pipe_messages import receive_data, send
from annotate.model.errors import AnnotateError, RejectedError

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "PYTHONHASHSEED")
"""Environment variables that are passed to the processes; none contains a token."""

_START_SECONDS = 120.0

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one call.

    Attributes:
        cpu_seconds: Processor time, whole seconds, rounded up.
        wall_seconds: Wall-clock time, which also limits waiting. Far above `cpu_seconds`, so that a
            busy machine rejects nothing.
        memory_bytes: Address space in addition to that of the process before the call.
    """

    cpu_seconds: float = 60.0
    wall_seconds: float = 600.0
    memory_bytes: int = 2**30


DEFAULT_LIMITS = Limits()


class _DiedError(Exception):
    """A process ended during a call. `code` is minus the signal's number, or 0 if it exited by
    itself or sent an invalid response.
    """

    def __init__(self, code: int):
        super().__init__(code)
        self.code = code


class _Process:
    """One process, which runs one call at a time."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        reading, self._lifeline = os.pipe()
        start = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            "from annotate.media.isolation_worker import main; "
            f"main({theirs.fileno()}, {reading})"
        )
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        self._link = ours
        try:
            self._process = subprocess.Popen(  # noqa: S603 (the running Python, no user input)
                [sys.executable, "-c", start],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), reading),
                env={**environment, "OPENBLAS_NUM_THREADS": "1"},
            )
        except OSError as error:
            ours.close()
            os.close(self._lifeline)
            raise AnnotateError(f"cannot start a process to open files in: {error}") from error
        finally:
            theirs.close()
            os.close(reading)
        self._await_start()

    def _await_start(self) -> None:
        try:
            receive_data(self._link, time.monotonic() + _START_SECONDS)
        except (OSError, EOFError, ValueError) as error:
            code = self.end()
            raise AnnotateError(
                f"a process to open files in ended while it started (code {code}): is there "
                f"memory left, and does '{sys.executable} -c \"import av\"' work?"
            ) from error
        except BaseException:
            self.end()
            raise

    def call(self, function: Any, arguments: Any, limits: Limits) -> Any:
        """The response of the process.

        Raises:
            TimeoutError: It took longer than allowed.
            _DiedError: It ended.
        """
        deadline = time.monotonic() + limits.wall_seconds
        try:
            send(
                self._link,
                (function, arguments, limits.cpu_seconds, limits.memory_bytes),
                deadline,
            )
            return receive_data(self._link, deadline)
        except TimeoutError:
            self.end()
            raise
        except ValueError:  # it is running, but sent an invalid response
            self.end()
            raise _DiedError(0) from None
        except (OSError, EOFError):
            raise _DiedError(self.end(wait_seconds=5.0)) from None
        except BaseException:
            self.end()
            raise

    def end(self, wait_seconds: float = 0.0) -> int:
        """End the process and return its exit code.

        Args:
            wait_seconds: How long it may take to end by itself before it is killed.
        """
        try:
            self._process.wait(wait_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
        code = self._process.wait()
        self._let_go()
        return code

    def forget(self) -> None:
        """Close this process's copy of the connection without ending the other process."""
        self._process.returncode = 0
        self._let_go()

    def _let_go(self) -> None:
        self._link.close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


class _Pool:
    """The pool of worker processes of this process."""

    def __init__(self, size: int):
        self._free = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[_Process] = []

    def call(self, function: Any, arguments: Any, limits: Limits) -> Any:
        """Run a call in an idle process, or else in a new one.

        An idle process may end because of its idle limit, or because of an earlier call. So an
        item is rejected only if its call ends a new process.
        """
        with self._free:
            if (idle := self._take()) is not None:
                try:
                    return self._run(idle, function, arguments, limits)
                except _DiedError:
                    pass
            return self._run(_Process(), function, arguments, limits)

    def close(self) -> None:
        """End all processes that are idle."""
        while (process := self._take()) is not None:
            process.end()

    def forget(self) -> None:
        """Drop the processes after a fork: they belong to the parent."""
        for process in self._idle:
            process.forget()
        self.__init__(os.cpu_count() or 1)  # type: ignore[misc]

    def _take(self) -> _Process | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _run(self, process: _Process, function: Any, arguments: Any, limits: Limits) -> Any:
        response = process.call(function, arguments, limits)
        with self._lock:
            self._idle.append(process)
        return response


_pool = _Pool(os.cpu_count() or 1)
atexit.register(_pool.close)
os.register_at_fork(after_in_child=_pool.forget)


def run_isolated(
    function: Callable[..., Result], *arguments: Any, limits: Limits = DEFAULT_LIMITS
) -> Result:
    """`function(*arguments)`, run in another process.

    Args:
        function: One that can be imported by its name. It returns plain values, bytes, numpy
            arrays, and dataclasses of this project that contain such.

    Raises:
        RejectedError: As raised by the function; `too_slow`, `too_much_memory` or
            `decoder_crashed`; or `unexpected_error` for any other exception.
        AnnotateError: No process could be started.
    """
    try:
        response = _pool.call(function, arguments, limits)
    except TimeoutError:
        raise RejectedError("too_slow", f"not done in {limits.wall_seconds:.0f} s") from None
    except _DiedError as died:
        raise _rejection(died.code, limits) from None
    match response:
        case ("done", result):
            return result  # type: ignore[no-any-return]
        case ("rejected", str(reason), str(detail)):
            raise RejectedError(reason, detail)
        case ("memory",):
            raise _too_much_memory(limits)
        case ("failed", str(detail)):
            raise RejectedError("unexpected_error", detail)
    raise RejectedError("decoder_crashed", "what opened the file answered with something else")


def _rejection(code: int, limits: Limits) -> RejectedError:
    """The rejection for a process that ended during a call, by its code."""
    if code == -signal.SIGXCPU:
        detail = f"not done in {limits.cpu_seconds:.0f} s of processor time"
        return RejectedError("too_slow", detail)
    if code == -signal.SIGKILL:  # the kernel's OOM killer
        return _too_much_memory(limits)
    how = f"code {code}"
    if code < 0:
        how = signal.strsignal(-code) or f"signal {-code}"
    return RejectedError("decoder_crashed", f"what opened the file ended with: {how}")


def _too_much_memory(limits: Limits) -> RejectedError:
    detail = f"opening it takes more than {limits.memory_bytes // 2**20} MiB of memory"
    return RejectedError("too_much_memory", detail)
