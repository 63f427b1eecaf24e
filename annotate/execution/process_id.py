"""Which process this is, and whether another one is known to have ended."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

from annotate.model.ids import digest

ZOMBIE = "Z"


@cache
def machine() -> str:
    """Name of this machine as far as process numbers mean the same on it.

    A container counts processes for itself, and a machine anew after each start: so the host's
    name alone would not do.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        numbering = os.readlink("/proc/self/ns/pid")
    except OSError:
        # Nothing can be said about processes here: then no other worker counts as a neighbour.
        boot, numbering = os.urandom(8).hex(), ""
    return f"{socket.gethostname()}-{digest(boot, numbering)[:8]}"


def this_worker() -> str:
    """Name of this process: machine, number, and when it started, as numbers are used again."""
    return worker_name(os.getpid())


def worker_name(pid: int) -> str:
    """Name of a process on this machine."""
    _, started = _state_and_start(pid)
    return f"{machine()}:{pid}:{started}"


def has_ended(worker: str) -> bool:
    """Whether that process ran on this machine and has ended. False when nobody can tell here."""
    where, pid, started = worker.rsplit(":", 2)
    if where != machine():
        return False
    try:
        os.kill(int(pid), 0)  # sends nothing: only asks whether the process is there
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    state, started_now = _state_and_start(int(pid))
    return state == ZOMBIE or (bool(started_now) and started_now != started)


def _state_and_start(pid: int) -> tuple[str, str]:
    """A process's state and start, in clock ticks since the machine's; empty if not to be had."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
    except OSError:
        return "", ""
    # The program's name, in brackets, may hold anything, so count from behind it: proc(5).
    numbers = stat.rpartition(")")[2].split()
    return numbers[0], numbers[19]
