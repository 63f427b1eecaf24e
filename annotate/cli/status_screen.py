"""The state of a lake on the terminal, printed once or refreshed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from annotate.cli import console
from annotate.status import summary

State = dict[str, Any]


def show(state: State) -> None:
    """Print the state once. Names are never cut off, so that they can be copied."""
    for part in _parts(state):
        console.out().print(part, soft_wrap=isinstance(part, Text))


def watch(read_state: Callable[[], State], seconds: float, as_json: bool) -> None:
    """Refresh until Ctrl+C: a live page on a terminal, else one line per change."""
    try:
        if as_json:
            _print_changes(read_state, seconds, console.print_json)
        elif not console.out().is_terminal:
            _print_changes(read_state, seconds, lambda state: console.out().print(summary(state)))
        else:
            with Live(console=console.out(), auto_refresh=False) as live:
                while True:
                    live.update(Group(*_parts(read_state())), refresh=True)
                    time.sleep(seconds)
    except KeyboardInterrupt:
        return  # the normal end


def _print_changes(
    read_state: Callable[[], State], seconds: float, show_change: Callable[[State], None]
) -> None:
    before: State | None = None
    while True:
        if (state := read_state()) != before:
            show_change(state)
        before = state
        time.sleep(seconds)


def _parts(state: State) -> Iterator[RenderableType]:
    yield Text.assemble(("lake ", "dim"), state["lake"])
    yield Text(summary(state), style="bold")
    if state["recordings"]:
        yield Text("\nrecordings", style="bold")
        counts = state["recordings"].items()
        yield console.as_table([{"status": status, "recordings": n} for status, n in counts])
    if state["verdicts"]:
        yield Text("\nnot passed", style="bold")
        yield console.as_table(state["verdicts"])
    yield from _quarantined(state)
    # Last, as a live page that is higher than the terminal is cut off at the bottom.
    yield Text("\ntables", style="bold")
    yield console.as_table(
        [{"table": name, "rows": rows} for name, rows in state["tables"].items()]
    )


def _quarantined(state: State) -> Iterator[RenderableType]:
    listed: list[dict[str, str]] | None = state.get("quarantine")
    if listed is not None and not listed:
        yield Text("\nnothing is in quarantine")
    elif listed:
        yield Text("\nrefused", style="bold")
        for one in listed:
            yield Text.assemble(f"{one['step']}  ", (one["reason"], "yellow"), f"  {one['item']}")
            yield Text(f"    {one['detail']}", style="dim")
    elif state["quarantined"]:
        yield Text("\nrefused", style="bold")
        counted = state["quarantined"].items()
        yield console.as_table([{"reason": reason, "items": n} for reason, n in counted])
        yield Text("annotate status --quarantine lists the reason for each", style="dim")
