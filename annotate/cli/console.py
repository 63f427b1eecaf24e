"""Terminal output: progress on standard error, results on standard output."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from annotate.model.report import StepReport

if TYPE_CHECKING:
    from annotate.execution.step import Step
    from annotate.store.lake import Lake

WIDE = 6
"""A table with more columns has narrow gaps, to fit a terminal of 80 columns."""

REFUSED = 3
"""Exit code: the work is done, but some input was rejected and is in quarantine."""


def out() -> Console:
    """Standard output."""
    return Console(highlight=False)


def err() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """Print one JSON object on one line, without wrapping at the terminal's width."""
    print(json.dumps(value, ensure_ascii=False, sort_keys=False))


def escaped(text: str) -> str:
    """The text with rich's markup escaped; names and messages are untrusted."""
    return escape(text)


def size(count: int) -> str:
    """A number of bytes as text: `7.2 MB`, of 10^6 bytes."""
    for unit, bytes_of_it in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= bytes_of_it:
            return f"{count / bytes_of_it:,.1f} {unit}"
    return f"{count:,} bytes"


def length(ms: int) -> str:
    """A duration of audio as text: `1.2 h`, `3.4 min`."""
    minutes = ms / 60_000
    return f"{minutes / 60:,.1f} h" if minutes >= 60 else f"{minutes:.1f} min"


def count(number: int, noun: str) -> str:
    """`1 image`, `2 images`, `1,000 files of tables`."""
    first, space, rest = noun.partition(" of ")
    return f"{number:,} {first}{'' if number == 1 else 's'}{space}{rest}"


def print_rows(rows: Sequence[Mapping[str, Any]], *, empty: str = "nothing") -> None:
    """Print rows with equal keys as a table, numbers aligned to the right."""
    out().print(as_table(rows) if rows else f"[dim]{empty}[/]")


def as_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Rows with equal keys as a table; at least one row is required."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, value in rows[0].items():
        number = isinstance(value, int | float)
        # Long text is folded and not cut off, so that it can be copied.
        table.add_column(
            name, justify="right" if number else "left", no_wrap=number, overflow="fold"
        )
    table.collapse_padding = len(rows[0]) > WIDE
    for row in rows:
        cells = (f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row.values())
        table.add_row(*map(escape, cells))
    return table


@contextmanager
def byte_bar(name: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A progress bar of bytes; yields a callback for the bytes done and the total."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=err(), disable=quiet) as bars, _bar(bars, name) as bar:
        yield lambda done, total: bars.update(bar, completed=done, total=total)


@contextmanager
def _bar(bars: Progress, name: str, **fields: Any) -> Iterator[TaskID]:
    """A progress bar, removed if an error occurs before any progress: the error is enough."""
    bar = bars.add_task(name, total=None, **fields)
    try:
        yield bar
    except BaseException:
        if not bars.tasks[bars.task_ids.index(bar)].completed:
            bars.remove_task(bar)
        raise


@contextmanager
def counting(name: str, *, quiet: bool) -> Iterator[Callable[[int, int | None], None]]:
    """A progress bar of items; without a total it only shows that work continues."""
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err(), disable=quiet) as bars, _bar(bars, name) as bar:
        yield lambda done, total: bars.update(bar, completed=done, total=total)


class TimeLeft(TimeRemainingColumn):
    """Remaining time, marked as such to distinguish it from the elapsed time beside it."""

    def render(self, task: Task) -> Text:
        """`0:12:34 left`; empty when the task is finished."""
        if task.finished or task.total is None:
            return Text()
        return super().render(task).append(" left")


def run_with_bars(steps: Sequence[Step], lake: Lake, *, quiet: bool) -> list[StepReport]:
    """Run the steps in order, a progress bar for each; `quiet` shows none."""
    from annotate.execution.runner import run_step

    reports: list[StepReport] = []
    with step_bars(err(), quiet=quiet) as bars:
        for step in steps:
            with _bar(bars, step.name, count="", pace="") as bar:
                reports.append(run_step(step, lake, _progress_callback(bars, bar, step.name)))
    return reports


def _progress_callback(bars: Progress, bar: TaskID, step: str) -> Callable[[StepReport], None]:
    done = StepReport(step=step)

    def show(report: StepReport) -> None:
        nonlocal done
        done += report
        show_progress(bars, bar, done)

    return show


def step_bars(console: Console, *, quiet: bool) -> Progress:
    """Progress bars of steps: items done, elapsed and remaining time, hours of audio, speed."""
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=14),
        TextColumn("{task.fields[count]}", justify="right"),
        TimeElapsedColumn(),
        TimeLeft(),
        TextColumn("[dim]{task.fields[pace]}"),
    )
    # Items finish in batches: over a short period the speed and the remaining time would jump.
    return Progress(*columns, console=console, disable=quiet, speed_estimate_period=120)


def show_progress(bars: Progress, bar: TaskID, done: StepReport) -> None:
    """Update a step's bar with the items done so far."""
    fast = done.audio_per_second
    audio_length = length(int(done.audio_hours * 3_600_000))
    pace = "" if fast is None else f"{audio_length} of audio, {fast:,.0f} s/s"
    count = f"{done.settled:,}/{done.rows_in:,}"
    bars.update(bar, total=done.rows_in, completed=done.settled, count=count, pace=pace)


def print_reports(reports: Sequence[StepReport]) -> None:
    """Print the steps' reports as a table, with the command that lists quarantined items."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    rows = [_report_cells(report) for report in reports]
    for name in rows[0] if rows else ():
        if name in ALWAYS or any(row[name] for row in rows):
            table.add_column(name, justify="left" if name == "step" else "right", no_wrap=True)
    table.collapse_padding = len(table.columns) > len(ALWAYS) + 1  # a terminal may have 80 columns
    for row in rows:
        table.add_row(*(row[str(column.header)] for column in table.columns))
    out().print(table)
    if any(row["s/s"] for row in rows):
        out().print("[dim]s/s: seconds of audio per second of work[/]")
    if any(report.elsewhere for report in reports):
        out().print("[dim]elsewhere: done or claimed by other processes[/]")
    if rejected_by_reason(reports):
        out().print("[yellow]refused:[/] " + ", ".join(rejected_by_reason(reports)))
        out().print("[dim]annotate status --quarantine lists the reason for each[/]")


ALWAYS = ("step", "items", "written", "reused", "refused", "seconds")
"""Columns of the table of reports that are shown even if all values are 0."""


def _report_cells(report: StepReport) -> dict[str, str]:
    rejected = sum(report.quarantined.values())
    fast, cost, each = report.audio_per_second, report.cost, report.cost_per_1000
    return {
        "step": report.step,
        "items": f"{report.rows_in:,}",
        "written": f"{report.written:,}",
        "reused": f"{report.reused:,}",
        "elsewhere": f"{report.elsewhere:,}" if report.elsewhere else "",
        "refused": f"[yellow]{rejected:,}" if rejected else "0",
        "seconds": f"{report.seconds:,.1f}",
        "audio h": f"{report.audio_hours:,.2f}" if fast else "",
        "s/s": f"{fast:,.0f}" if fast else "",
        "cost": f"{cost:,.2f}" if cost is not None else "",
        "per 1,000": f"{each:,.3f}" if each is not None else "",
    }


def print_parity(parity: Mapping[str, Any] | None = None) -> None:
    """Print the difference from openai-whisper's transcripts, if it was measured."""
    if parity is None:
        return
    apart = parity["word_time_ms"]
    times = f", times {apart:.0f} ms apart" if apart is not None else ""
    out().print(
        f"parity    {parity['difference']:.1%} of {parity['words']:,} words differ from "
        f"openai-whisper{times}"
    )
    out().print(f"[dim]{parity['recordings']:,} recordings compared; times: median of starts[/]")


def rejected_by_reason(reports: Sequence[StepReport]) -> list[str]:
    """Counts with reasons, such as `2 not_audio`, summed over all steps."""
    total = sum(reports, StepReport(step="all")).quarantined
    return [f"{count:,} {reason}" for reason, count in sorted(total.items())]


def reports_json(reports: Sequence[StepReport], lake: Lake) -> dict[str, Any]:
    """The reports as the commands print them with `--json`."""
    total = sum(reports, StepReport(step="all"))
    return {
        "lake": lake.root,
        "steps": [report.to_json() for report in reports],
        "reused": total.written == 0 and total.elsewhere == 0,
        "elsewhere": total.elsewhere,
        "quarantined": dict(sorted(total.quarantined.items())),
        "seconds": round(total.seconds, 3),
    }
