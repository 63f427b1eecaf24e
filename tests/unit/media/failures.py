"""Functions that fail in a process like a parser: crash, hang, never end, exhaust memory."""

import ctypes
import os
import signal
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotate.media.isolation import run_isolated
from annotate.model.errors import RejectedError


def reads_null(_: bytes) -> None:
    ctypes.string_at(0)


def killed_by(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(60)  # until the signal is delivered


def exits(code: int) -> None:
    os._exit(code)


def computes_endlessly() -> None:
    while True:
        pass


def sleeps_endlessly() -> None:
    while True:
        signal.pause()


def allocates(count: int) -> int:
    return int(np.ones(count, np.uint8).sum(dtype=np.int64))


def writes(path: str) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open(path, "wb") as file:
        file.write(b"x")


def raises(error: Exception) -> None:
    raise error


def rejects(reason: str) -> None:
    raise RejectedError(reason, "a detail")


def halves(samples: np.ndarray) -> np.ndarray:
    return samples / 2


def damages_its_process() -> None:
    """Returns normally, and leaves a process that ends at the next call."""
    from annotate.media import isolation_worker

    isolation_worker._respond = lambda *_: os._exit(1)


def own_pid() -> int:
    return os.getpid()


def environment() -> dict[str, str]:
    return dict(os.environ)


def core_limit() -> tuple[int, int]:
    import resource

    return resource.getrlimit(resource.RLIMIT_CORE)


@dataclass
class Trap:
    """Runs a command when it is unpickled, as a compromised process might send."""

    command: str

    def __reduce__(self) -> Any:
        return os.system, (self.command,)


def responds_with(command: str) -> Trap:
    return Trap(command)


def parent_of_an_endless_process() -> None:
    """Run in a separate process: print the id of an endless child process, then wait for it."""
    print(run_isolated(own_pid), flush=True)
    run_isolated(computes_endlessly)
