"""What people see: progress on standard error, results on standard output."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from annotate.model.report import StepReport
from annotate.store.lake import Lake
from annotate.store.step import Step, run_step

REFUSED = 3
"""Exit code: the work is done, but some input was refused and lies in quarantine."""


def out() -> Console:
    """Standard output."""
    return Console(highlight=False)


def err() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """One JSON object on a line of its own, whatever the terminal."""
    print(json.dumps(value, ensure_ascii=False, sort_keys=False))


def escaped(text: str) -> str:
    """The text with nothing in it taken for markup: names come from strangers."""
    return escape(text)


def print_rows(rows: Sequence[Mapping[str, Any]], *, empty: str = "nothing") -> None:
    """Rows of one shape as a table, numbers to the right."""
    if not rows:
        out().print(f"[dim]{empty}[/]")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, value in rows[0].items():
        table.add_column(name, justify="right" if isinstance(value, int) else "left")
    for row in rows:
        cells = (f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row.values())
        table.add_row(*map(escape, cells))
    out().print(table)


@contextmanager
def byte_bar(name: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar for bytes: call what it gives with bytes done and bytes in all."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=err(), disable=quiet) as bars:
        bar = bars.add_task(name, total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)


@contextmanager
def counting(name: str, *, quiet: bool) -> Iterator[Callable[[int, int | None], None]]:
    """A bar for things counted; without how many there are it only shows that work goes on."""
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err(), disable=quiet) as bars:
        bar = bars.add_task(name, total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)


def run_with_bars(steps: Sequence[Step], lake: Lake, *, quiet: bool) -> list[StepReport]:
    """Run the steps in order, a progress bar for each; `quiet` shows none."""
    reports: list[StepReport] = []
    with _bars(quiet) as bars:
        for step in steps:
            bar = bars.add_task(step.name, total=None, speed="")
            done = StepReport(step=step.name)

            def show(report: StepReport, bar: Any = bar) -> None:
                nonlocal done
                done += report
                settled = done.written + done.reused + sum(done.quarantined.values())
                elapsed = bars.tasks[bar].elapsed or 0.0
                fast = done.audio_seconds and elapsed > 0
                speed = f"{done.audio_seconds / elapsed:.0f} s of audio a second" if fast else ""
                bars.update(bar, total=done.rows_in, completed=settled, speed=speed)

            reports.append(run_step(step, lake, show))
    return reports


@contextmanager
def _bars(quiet: bool) -> Iterator[Progress]:
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[speed]}"),
    )
    with Progress(*columns, console=err(), disable=quiet) as bars:
        yield bars


def print_reports(reports: Sequence[StepReport]) -> None:
    """The steps' reports as a table, and where to look for what was refused."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("step", "asked", "written", "reused", "refused", "seconds"):
        table.add_column(name, justify="left" if name == "step" else "right")
    for report in reports:
        refused = sum(report.quarantined.values())
        table.add_row(
            report.step,
            f"{report.rows_in:,}",
            f"{report.written:,}",
            f"{report.reused:,}",
            f"[yellow]{refused:,}" if refused else "0",
            f"{report.seconds:.1f}",
        )
    out().print(table)
    if refused_by_reason(reports):
        out().print("[yellow]refused:[/] " + ", ".join(refused_by_reason(reports)))
        out().print("[dim]annotate status --quarantine says what is wrong with each[/]")


def refused_by_reason(reports: Sequence[StepReport]) -> list[str]:
    """`2 not_audio` and so on, over all the steps."""
    total = sum(reports, StepReport(step="all")).quarantined
    return [f"{count:,} {reason}" for reason, count in sorted(total.items())]


def reports_json(reports: Sequence[StepReport], lake: Lake) -> dict[str, Any]:
    """The reports as the commands print them with `--json`."""
    total = sum(reports, StepReport(step="all"))
    return {
        "lake": lake.root,
        "steps": [report.to_json() for report in reports],
        "reused": total.written == 0,
        "quarantined": dict(sorted(total.quarantined.items())),
        "seconds": round(total.seconds, 3),
    }
