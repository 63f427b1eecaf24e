"""Output of `annotate studio`: current activity, URLs, results of assignment, waiting."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotate.cli import console
from annotate.model.errors import AnnotateError

if TYPE_CHECKING:
    from annotate.label_studio.assign import Assigned
    from annotate.studio_server.bootstrap import RunningServer
    from annotate.studio_server.launch import Server

WIDTH = 100
PLAIN_SECONDS = 10.0
"""Without a terminal, an activity is printed again after this many seconds."""
UNCHANGED = "its labelling configuration differs, but existing annotations prevent ours: unchanged"


@contextmanager
def activity(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show the current activity on standard error; yields a callback for its text.

    Without a terminal, a line is printed for each new activity, and again while it continues.
    """
    if quiet:
        yield lambda line: None
    elif console.err().is_terminal:
        with console.err().status("…") as status:
            yield lambda line: status.update(console.escaped(line[:WIDTH]))
    else:
        yield _plain_lines()


def _plain_lines() -> Callable[[str], None]:
    fields: set[str] = set()
    last = -PLAIN_SECONDS

    def show_line(line: str) -> None:
        nonlocal last
        subject, now = line.split(" ", 1)[0], time.monotonic()
        if subject not in fields or now - last >= PLAIN_SECONDS:
            console.err().print(console.escaped(line[:WIDTH]), soft_wrap=True)
            fields.add(subject)
            last = now

    return show_line


def show_up(running: RunningServer, made: Mapping[str, Any], data: Path, as_json: bool) -> None:
    """Print URLs and files. The password is printed only if it was created in this run."""
    from annotate.label_studio import secret_files

    account = {
        "email": running.email,
        **({"password": running.password} if running.password else {}),
        "password_file": str(data / secret_files.ADMIN_FILE),
        "token_file": str(data / secret_files.TOKEN_FILE),
    }
    fields = {"url": running.server.url, "already_running": running.found, **made, **account}
    show(fields, as_json)


def note_address(running: RunningServer, requested: str | None) -> None:
    """Print a note if a server that ran already has another URL than requested."""
    if running.found and requested not in (None, running.server.url):
        console.err().print(
            f"[yellow]note:[/] it runs already, at {console.escaped(running.server.url)}: --port "
            "and --url apply at its start; stop it first with annotate studio down",
            soft_wrap=True,
        )


def show(fields: Mapping[str, Any], as_json: bool) -> None:
    """Print names and values, one per line."""
    if as_json:
        console.print_json(dict(fields))
        return
    for name, value in fields.items():
        line = console.escaped(_plain(value))
        console.out().print(f"[dim]{name.replace('_', ' '):<16}[/] {line}", soft_wrap=True)
        if isinstance(value, Mapping) and value["outcome"] == "kept":
            console.err().print(f"[yellow]{name}:[/] {UNCHANGED}", soft_wrap=True)


def show_assigned(done: Assigned, as_json: bool) -> int:
    """Print the number of new tasks and the rejected images; returns the exit code."""
    if as_json:
        rejected = [
            {"image": one.item, "reason": one.reason, "detail": one.detail} for one in done.rejected
        ]
        console.print_json(
            {"tasks": done.tasks, "gold": done.gold, "there": done.existing, "refused": rejected}
        )
    else:
        gold = f" ({done.gold:,} gold)" if done.gold else ""
        skipped = f"{console.count(done.existing, 'image')} assigned before"
        console.out().print(f"{console.count(done.tasks, 'new task')}{gold}, {skipped}")
        for one in done.rejected:
            line = console.escaped(f"{one.item}: {one.reason}: {one.detail}")
            console.err().print(f"[yellow]refused:[/] {line}", soft_wrap=True)
    return console.REFUSED if done.rejected else 0


def wait(server: Server, data: Path, as_json: bool) -> int:
    """Wait until the server ends; stop it on Ctrl+C or SIGTERM.

    Raises:
        AnnotateError: If the server ended by itself.
    """
    from annotate.studio_server import launch

    if not as_json:
        console.err().print("[dim]Ctrl+C stops it[/]")
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        while launch.find(data) == server:
            time.sleep(0.5)
    except KeyboardInterrupt:
        with launch.locked(data):
            launch.stop(data)
        return 0
    finally:
        signal.signal(signal.SIGTERM, before)
    if (data / launch.SERVER_FILE).exists():
        raise AnnotateError(f"Label Studio has exited: see {data / launch.LOG_FILE}")
    return 0


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value['url']} ({value['outcome']})"
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )
