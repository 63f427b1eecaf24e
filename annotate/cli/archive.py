"""`annotate backup` and `annotate restore`: everything there is, kept and brought back."""

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
    """Back up the lake and the Label Studio of this machine, while both are in use.

    Exit code 1 if a file was damaged or unreadable: the backup has all the others.
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
        Path, typer.Argument(help="A backup, or the folder of backups: then the newest.")
    ],
    lake: options.LakeAt = None,
    data: Data = DATA,
    as_json: options.AsJson = False,
) -> None:
    """Bring a backup back into empty places, every byte compared with its hash."""
    from annotate import settings
    from annotate.archive.restore import find
    from annotate.archive.restore import restore as bring_back
    from annotate.cli import console
    from annotate.store.location import LakeLocation

    backup = find(source)
    chosen = settings.load(lake=lake)
    place = LakeLocation(chosen.lake, chosen.storage_options)
    if place.folder is None:
        raise AnnotateError(f"{place.root} is no folder: name one with --lake")
    with console.counting("restore", quiet=as_json) as progress:
        restored = bring_back(backup, Path(place.folder), data.absolute(), progress)
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
                **{part: str(place) for part, place in restored.parts.items()},
                "there": list(restored.there),
                "settings": str(settings) if settings else None,
                "notes": list(record.notes),
            }
        )
        return
    for part, place in restored.parts.items():
        how = "was there already" if part in restored.there else "is back"
        line = f"{part:<8} {console.escaped(str(place))} {how}, as of {record.made_at}"
        console.out().print(line, soft_wrap=True)
    if settings:
        line = f"settings {console.escaped(str(settings))}: put it where you run annotate"
        console.out().print(line, soft_wrap=True)
    for note in record.notes:
        console.err().print(f"[yellow]note:[/] {console.escaped(note)}", soft_wrap=True)
