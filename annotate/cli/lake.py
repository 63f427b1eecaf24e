"""The command that looks after a lake's files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli import options

if TYPE_CHECKING:
    from annotate.store.integrity import Inspection

lake = typer.Typer(help="Look after a lake's files.", no_args_is_help=True)

SHOWN = 50
"""Findings listed on the screen; `--json` has all of them."""


@lake.command()
def verify(
    at: options.LakeAt = None,
    repair_from: Annotated[
        str | None,
        typer.Option(
            "--repair-from",
            metavar="BACKUP",
            help="Where annotate backup wrote, a copy of the lake, or a folder with the files as "
            "received: what is damaged or missing is replaced where it has a sound copy.",
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> int:
    """Read every file of the lake and compare it with what was written.

    Exit code 1 if something is damaged or missing and wasn't repaired.
    """
    from annotate import pipeline, settings
    from annotate.cli import console
    from annotate.store.integrity import inspect

    found_at = pipeline.open_lake(settings.load(lake=at))
    with console.counting("verify", quiet=as_json) as progress:
        found = inspect(found_at, repair_from and copy_in(repair_from), progress)
    if as_json:
        findings = [asdict(finding) for finding in found.findings]
        counts = {"table_files": found.table_files, "blobs": found.blobs}
        state = {"lake": found_at.location.shown, "sound": found.sound, **counts}
        console.print_json({**state, "findings": findings})
    else:
        _show(found)
    return 0 if found.sound else 1


def copy_in(source: str) -> str:
    """The lake's copy in a backup, or in the newest of a folder of backups; else what was given."""
    from annotate.archive import record

    place = Path(source)
    if not (place / record.RECORD).is_file():
        names = record.names(place)
        place = place / names[-1] if names else place
    return str(place / record.LAKE) if (place / record.RECORD).is_file() else source


def _show(found: Inspection) -> None:
    from annotate.cli import console

    for finding in found.findings[:SHOWN]:
        state = "[green]repaired[/]" if finding.repaired else f"[red]{finding.problem}[/]"
        # A line of its own for the name, however long: it is what one copies.
        console.out().print(f"{state} {console.escaped(finding.path)}", soft_wrap=True)
        console.out().print(f"[dim]  {console.escaped(finding.detail)}[/]", soft_wrap=True)
    if (more := len(found.findings) - SHOWN) > 0:
        console.out().print(f"[dim]and {more:,} more: --json lists all[/]")
    read = f"{console.count(found.table_files, 'file of tables')} and "
    read += f"{console.count(found.blobs, 'blob')} read"
    left = sum(not finding.repaired for finding in found.findings)
    if not found.findings:
        console.out().print(f"{read}: all are as they were written", soft_wrap=True)
    elif left:
        advice = "--repair-from BACKUP puts sound copies in their place; or ingest the files again"
        console.out().print(f"{read}, [red]{left:,} not sound[/]: {advice}", soft_wrap=True)
    else:
        console.out().print(f"{read}, [green]all repaired[/]", soft_wrap=True)
