"""Main loop of the process that opens untrusted bytes: sequential calls, each under limits."""

from __future__ import annotations

import fcntl
import math
import os
import resource
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from annotate.media.pipe_messages import receive, send
from annotate.model.errors import RejectedError

CALLS = 500
"""Calls after which a process ends and is replaced, so that leaks don't add up."""

IDLE_SECONDS = 120.0
"""Idle time after which a process ends."""

_PAGE = resource.getpagesize()


def main(link_fd: int, lifeline_fd: int) -> None:
    """Run calls until the parent has ended or the process has been idle for a while.

    Args:
        link_fd: The socket on which calls are received and results are sent.
        lifeline_fd: The reading end of a pipe; the parent has the other end and never writes to it.
    """
    _end_with_parent(lifeline_fd)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would contain somebody's voice
    _prefer_for_oom_killer()
    link = socket.socket(fileno=link_fd)
    send(link, "ready")
    for _ in range(CALLS):
        link.settimeout(IDLE_SECONDS)
        try:
            link.recv(1, socket.MSG_PEEK)
            function, arguments, cpu_seconds, memory_bytes = receive(link)
        except (TimeoutError, EOFError):
            return
        reply = _respond(function, arguments, cpu_seconds, memory_bytes)
        send(link, reply)
        if reply[0] == "memory":
            return


def _respond(function: Any, arguments: Any, cpu_seconds: float, memory_bytes: int) -> Any:
    _set_limits(cpu_seconds, memory_bytes)
    try:
        return ("done", function(*arguments))
    except RejectedError as error:
        return ("rejected", error.reason, error.detail)
    except MemoryError:
        return ("memory",)
    except Exception as error:
        return ("failed", f"{type(error).__name__}: {error}")
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _set_limits(cpu_seconds: float, memory_bytes: int) -> None:
    """Set the limits of the next call, relative to what this process has used so far."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE
    resource.setrlimit(resource.RLIMIT_AS, (used + memory_bytes, resource.RLIM_INFINITY))
    seconds = math.ceil(time.process_time() + cpu_seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.dont_write_bytecode = True


def _end_with_parent(lifeline_fd: int) -> None:
    """Have the kernel end this process when the parent ends, whatever code is running.

    When the last writer of a pipe closes it, its reader is signalled, and SIGIO ends a process by
    default. `PR_SET_PDEATHSIG` is unsuitable: it fires when the starting thread ends.
    """
    fcntl.fcntl(lifeline_fd, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline_fd, fcntl.F_GETFL)
    fcntl.fcntl(lifeline_fd, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
    try:
        closed = os.read(lifeline_fd, 1) == b""
    except BlockingIOError:
        closed = False
    if closed:  # before the signal was set up
        sys.exit(0)


def _prefer_for_oom_killer() -> None:
    """Make the kernel's OOM killer end this process rather than the parent."""
    try:
        Path("/proc/self/oom_score_adj").write_text("1000")
    except OSError:
        return  # a container may forbid it, and then its own rules apply
