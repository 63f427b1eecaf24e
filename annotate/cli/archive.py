"""`annotate backup` and `annotate restore`: the lake and a local Label Studio."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli import options
from annotate.cli.studio import Data
from annotate.label_studio.secret_files import DATA
from annotate.model.errors import AnnotateError

if TYPE_CHECKING:
    from annotate.archive.make import Made
    from annotate.archive.restore import Restored


def backup(
    target: Annotated[Path, typer.Argument(help="Folder for backups; it may hold several.")],
    lake: options.LakeAt = None,
    data: Data = DATA,
    as_json: options.AsJson = False,
) -> int:
    """Back up the lake and the local Label Studio, also while both are in use.

    Exit code 1 if a file was damaged or unreadable: the backup contains all other files.
    """
    from annotate import settings
    from annotate.archive.make import back_up
    from annotate.archive.target import What
    from annotate.cli import console
    from annotate.store.location import LakeLocation

    chosen = settings.load(lake=lake)
    what = What(
        lake=LakeLocation(chosen.lake, chosen.storage_options), data=data, settings=settings.file()
    )
    with console.counting("backup", quiet=as_json) as progress:
        made = back_up(what, target, progress)
    _show_made(made, as_json)
    return 1 if made.backup.record.problems else 0


def restore(
    source: Annotated[
        Path,
        typer.Argument(help="A backup, or a folder of backups, of which the newest is restored."),
    ],
    lake: options.LakeAt = None,
    data: Data = DATA,
    as_json: options.AsJson = False,
) -> None:
    """Restore a backup into empty folders; every file is verified by its hash."""
    from annotate import settings
    from annotate.archive.restore import find
    from annotate.archive.restore import restore as restore_backup
    from annotate.cli import console
    from annotate.store.location import LakeLocation

    backup = find(source)
    chosen = settings.load(lake=lake)
    location = LakeLocation(chosen.lake, chosen.storage_options)
    if location.folder is None:
        raise AnnotateError(f"{location.root} is not a folder: name one with --lake")
    with console.counting("restore", quiet=as_json) as progress:
        restored = restore_backup(backup, Path(location.folder), data.absolute(), progress)
    _show_restored(restored, as_json)


def _show_made(made: Made, as_json: bool) -> None:
    from annotate.cli import console

    record = made.backup.record
    size = sum(one.bytes for one in record.files)
    if as_json:
        counts = {"files": len(record.files), "bytes": size}
        new = {"copied": made.copied, "copied_bytes": made.copied_bytes}
        remarks = {"notes": list(record.notes), "problems": list(record.problems)}
        console.print_json({"backup": str(made.backup.folder), **counts, **new, **remarks})
        return
    console.out().print(
        f"[bold]{console.escaped(str(made.backup.folder))}[/]: {len(record.files):,} files, "
        f"{console.size(size)}; {made.copied:,} of them new, {console.size(made.copied_bytes)}",
        soft_wrap=True,
    )
    for note in record.notes:
        console.err().print(f"[yellow]note:[/] {console.escaped(note)}", soft_wrap=True)
    for problem in record.problems:
        console.err().print(f"[red]problem:[/] {console.escaped(problem)}", soft_wrap=True)


def _show_restored(restored: Restored, as_json: bool) -> None:
    from annotate.archive.restore import settings_file
    from annotate.cli import console

    record, settings = restored.backup.record, settings_file(restored.backup)
    if as_json:
        console.print_json(
            {
                "backup": str(restored.backup.folder),
                "made_at": record.made_at,
                **{part: str(path) for part, path in restored.parts.items()},
                "there": list(restored.restored_before),
                "settings": str(settings) if settings else None,
                "notes": list(record.notes),
            }
        )
        return
    for part, path in restored.parts.items():
        how = "already restored" if part in restored.restored_before else "restored"
        line = f"{part:<8} {console.escaped(str(path))}: {how}, as of {record.made_at}"
        console.out().print(line, soft_wrap=True)
    if settings:
        file = console.escaped(str(settings))
        line = f"settings {file}: copy it to the folder in which you run annotate"
        console.out().print(line, soft_wrap=True)
    for note in record.notes:
        console.err().print(f"[yellow]note:[/] {console.escaped(note)}", soft_wrap=True)
