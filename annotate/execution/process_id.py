"""Names of processes, and detection of processes that have ended."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

from annotate.model.ids import digest

ZOMBIE = "Z"


@cache
def machine() -> str:
    """Name of this machine, its boot and its process namespace.

    Process numbers are unique only within a container and until the machine restarts, so the host's
    name alone would not be sufficient.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        numbering = os.readlink("/proc/self/ns/pid")
    except OSError:
        # Processes can't be identified here: then no other worker is on the same machine.
        boot, numbering = os.urandom(8).hex(), ""
    return f"{socket.gethostname()}-{digest(boot, numbering)[:8]}"


def this_worker() -> str:
    """Name of this process: machine, number, and start time, as numbers are reused."""
    return worker_name(os.getpid())


def worker_name(pid: int) -> str:
    """Name of a process on this machine."""
    _, started = _state_and_start(pid)
    return f"{machine()}:{pid}:{started}"


def has_ended(worker: str) -> bool:
    """Whether that process ran on this machine and has ended. False if that is unknown."""
    where, pid, started = worker.rsplit(":", 2)
    if where != machine():
        return False
    try:
        os.kill(int(pid), 0)  # sends no signal: only checks whether the process exists
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    state, started_now = _state_and_start(int(pid))
    return state == ZOMBIE or (bool(started_now) and started_now != started)


def _state_and_start(pid: int) -> tuple[str, str]:
    """A process's state and start in clock ticks since boot; empty if unavailable."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
    except OSError:
        return "", ""
    # The program's name, in brackets, may contain anything, so count after it: proc(5).
    numbers = stat.rpartition(")")[2].split()
    return numbers[0], numbers[19]
