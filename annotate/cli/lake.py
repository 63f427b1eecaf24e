"""`annotate lake`: integrity of a lake's files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli import options

if TYPE_CHECKING:
    from annotate.store.integrity import Inspection

lake = typer.Typer(help="Verify and repair a lake's files.", no_args_is_help=True)

SHOWN = 50
"""Number of findings printed; `--json` has all."""


@lake.command()
def verify(
    at: options.LakeAt = None,
    repair_from: Annotated[
        str | None,
        typer.Option(
            "--repair-from",
            metavar="BACKUP",
            help="A backup, a copy of the lake, or a folder with the original files: damaged and "
            "missing files are replaced by their undamaged copies from there.",
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> int:
    """Read every file of the lake and compare it with its hash as written.

    Exit code 1 if a damaged or missing file wasn't repaired.
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
    """The lake's copy in a backup, or in the newest of a folder of backups; else `source`."""
    from annotate.archive import record

    folder = Path(source)
    if not (folder / record.RECORD).is_file():
        names = record.names(folder)
        folder = folder / names[-1] if names else folder
    return str(folder / record.LAKE) if (folder / record.RECORD).is_file() else source


def _show(found: Inspection) -> None:
    from annotate.cli import console

    for finding in found.findings[:SHOWN]:
        state = "[green]repaired[/]" if finding.repaired else f"[red]{finding.problem}[/]"
        # The name has a line of its own, so that it can be copied.
        console.out().print(f"{state} {console.escaped(finding.path)}", soft_wrap=True)
        console.out().print(f"[dim]  {console.escaped(finding.detail)}[/]", soft_wrap=True)
    if (more := len(found.findings) - SHOWN) > 0:
        console.out().print(f"[dim]and {more:,} more: --json lists all[/]")
    read = f"{console.count(found.table_files, 'file of tables')} and "
    read += f"{console.count(found.blobs, 'blob')} read"
    left = sum(not finding.repaired for finding in found.findings)
    if not found.findings:
        console.out().print(f"{read}: all are undamaged", soft_wrap=True)
    elif left:
        advice = "--repair-from BACKUP replaces them by undamaged copies; or ingest the files again"
        console.out().print(
            f"{read}, [red]{left:,} damaged or missing[/]: {advice}", soft_wrap=True
        )
    else:
        console.out().print(f"{read}, [green]all repaired[/]", soft_wrap=True)
