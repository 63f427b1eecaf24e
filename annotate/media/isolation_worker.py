"""The process in which untrusted bytes are opened: one call after the other, each under limits."""

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
"""After so many calls a process ends and another takes its place, so that leaks don't add up."""

IDLE_SECONDS = 120.0
"""A process that has had nothing to do for so long ends."""

_PAGE = resource.getpagesize()


def main(link_fd: int, lifeline_fd: int) -> None:
    """Answer calls until the parent is gone or there has been nothing to do for a while.

    Args:
        link_fd: The socket on which calls come and results go.
        lifeline_fd: The end of a pipe whose other end is the parent's and is never written to.
    """
    _end_with_parent(lifeline_fd)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold somebody's voice
    _first_to_go()
    link = socket.socket(fileno=link_fd)
    send(link, "ready")
    for _ in range(CALLS):
        link.settimeout(IDLE_SECONDS)
        try:
            link.recv(1, socket.MSG_PEEK)
            function, arguments, cpu_seconds, memory_bytes = receive(link)
        except (TimeoutError, EOFError):
            return
        reply = _answer(function, arguments, cpu_seconds, memory_bytes)
        send(link, reply)
        if reply[0] == "memory":
            return


def _answer(function: Any, arguments: Any, cpu_seconds: float, memory_bytes: int) -> Any:
    _allow(cpu_seconds, memory_bytes)
    try:
        return ("done", function(*arguments))
    except RejectedError as refusal:
        return ("refused", refusal.reason, refusal.detail)
    except MemoryError:
        return ("memory",)
    except Exception as error:
        return ("failed", f"{type(error).__name__}: {error}")
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _allow(cpu_seconds: float, memory_bytes: int) -> None:
    """Limit what the next call may cost beyond what this process has used so far."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE
    resource.setrlimit(resource.RLIMIT_AS, (used + memory_bytes, resource.RLIM_INFINITY))
    seconds = math.ceil(time.process_time() + cpu_seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.dont_write_bytecode = True


def _end_with_parent(lifeline_fd: int) -> None:
    """Have the kernel end this process when the parent is gone, whatever code is running here.

    When the last writer of a pipe is gone its reader is signalled, and SIGIO ends a process by
    default. `PR_SET_PDEATHSIG` won't do: it fires when the thread that started this one ends.
    """
    fcntl.fcntl(lifeline_fd, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline_fd, fcntl.F_GETFL)
    fcntl.fcntl(lifeline_fd, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
    try:
        gone = os.read(lifeline_fd, 1) == b""
    except BlockingIOError:
        gone = False
    if gone:  # before the signal was asked for
        sys.exit(0)


def _first_to_go() -> None:
    """Let the kernel, when memory runs out, end this process and not the parent."""
    try:
        Path("/proc/self/oom_score_adj").write_text("1000")
    except OSError:
        return  # a container may forbid it, and then its own rules hold
