"""`annotate release` and `annotate pull`: create, list, verify and download releases."""

from __future__ import annotations

import warnings
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotate.cli import options

if TYPE_CHECKING:
    from annotate.release.origin import Verified

release = typer.Typer(help="Create, list and verify releases.", no_args_is_help=True)

OLD = "made by version 0.1: no hash covers its viewer, its counts and its version"

Sha256 = Annotated[
    str | None,
    typer.Option(
        "--sha256",
        metavar="HASH",
        help="The release's hash as published; a release with another hash is rejected.",
    ),
]


@release.command()
def create(
    version: Annotated[
        str | None,
        typer.Argument(help="The release's name. [default: derived from its content hash]"),
    ] = None,
    lake: options.LakeAt = None,
    as_json: options.AsJson = False,
) -> None:
    """Release all accepted captions: Parquet, images, audio, card, manifest and viewer."""
    from annotate import pipeline, settings
    from annotate.cli import console
    from annotate.release.create import create as create_release

    chosen = settings.load(lake=lake)
    at, review = pipeline.open_lake(chosen), chosen.review
    made = create_release(
        at, version, chosen.release, review.accept_unseen, review.reviewers_per_caption
    )
    if as_json:
        console.print_json({**asdict(made), "viewer": f"{made.path}/index.html"})
        return
    verb = "exists already, unchanged" if made.reused else "released"
    counts = ", ".join(_counted(noun, count) for noun, count in made.counts.items())
    console.out().print(f"[bold]{made.version}[/] {verb}: {counts}", soft_wrap=True)
    for reason, count in made.left_out.items():
        console.out().print(f"[yellow]left out:[/] {count:,} {reason}")
    if made.release_sha256:
        console.out().print(f"sha256 {made.release_sha256}", soft_wrap=True)
    console.out().print(f"open {console.escaped(made.path)}/index.html", soft_wrap=True)


@release.command(name="list")
def list_releases(lake: options.LakeAt = None, as_json: options.AsJson = False) -> None:
    """List the releases of a lake."""
    from annotate import pipeline, settings
    from annotate.cli import console
    from annotate.model.tables import BOOKKEEPING, Releases
    from annotate.store.delta import order

    at = pipeline.open_lake(settings.load(lake=lake))
    at.location.reject_missing()
    rows = at.read(Releases).sort(order(BOOKKEEPING)).drop("step_key", "commit_version")
    plain = [{**row, "written_at": row["written_at"].isoformat()} for row in rows.to_dicts()]
    if as_json:
        console.print_json({"lake": at.location.shown, "releases": plain})
    else:
        short = [{**row, **_shortened(row)} for row in plain]
        console.print_rows(short, empty="no releases yet: annotate release create VERSION")


@release.command()
def verify(
    path: Annotated[Path, typer.Argument(help="A release's folder.")],
    lake: Annotated[
        str | None,
        typer.Option("--lake", metavar="PATH|URL", help="Its lake. [default: the enclosing one]"),
    ] = None,
    sha256: Sha256 = None,
    as_json: options.AsJson = False,
) -> int:
    """Compare a release's files with its hashes and with its lake. Exit code 1 if they differ."""
    from annotate.cli import console
    from annotate.release.origin import examine
    from annotate.store.lake import Lake

    found = examine(path, Lake(lake) if lake else None, sha256)
    if as_json:
        console.print_json(
            {
                "sound": found.sound,
                "proven": found.proven,
                "version": found.manifest.version,
                "content_sha256": found.manifest.content_sha256,
                "release_sha256": found.manifest.release_sha256,
                "lake": found.lake,
                "record": found.record,
                "announced": found.announced,
                "differences": [asdict(difference) for difference in found.differences],
            }
        )
    else:
        for difference in found.differences:
            console.out().print(
                f"[red]{difference.kind}[/] {console.escaped(difference.path)}", soft_wrap=True
            )
        for line in _lines(found):
            console.out().print(console.escaped(line), soft_wrap=True)
    return 0 if found.sound else 1


def _lines(found: Verified) -> list[str]:
    """The result of verification as lines of text."""
    lines = [] if found.differences else ["every file matches the manifest"]
    if found.manifest.schema_version == 1:
        lines.append(OLD)
    lines += {
        "same": [f"the lake at {found.lake} has a record of exactly this release"],
        "other": [
            f"DIFFERS from the record in the lake at {found.lake}: it was changed or renamed after "
            "it was created, and its manifest was hashed again"
        ],
        "absent": [f"NOT recorded in the lake at {found.lake}"],
        None: [],
    }[found.record]
    if found.announced is not None:
        lines.append(f"{'matches' if found.announced else 'DOES NOT match'} the given hash")
    if found.sound and not found.proven:
        own = found.manifest.release_sha256 or found.manifest.content_sha256
        lines.append(
            "its origin isn't proven: compare its hash with the published one (--sha256), or name "
            f"the lake that created it (--lake); the hash is {own}"
        )
    return lines


def _counted(noun: str, count: int) -> str:
    """`1 caption`, `467 words`, `2.3 hours of audio`."""
    from annotate.cli import console

    if noun == "audio_ms":
        return f"{console.length(count)} of audio"
    return console.count(count, noun.replace("_", " ").removesuffix("s"))


def _shortened(row: dict[str, Any]) -> dict[str, Any]:
    """The hashes' first 8 characters; `--json` has them in full."""
    return {name: (row[name] or "")[:8] for name in ("content_sha256", "release_sha256")}


def pull(
    source: Annotated[str, typer.Argument(help="A release's folder or URL.")],
    destination: Annotated[Path, typer.Argument(help="The target: an empty folder.")],
    sha256: Sha256 = None,
    allow_private: Annotated[
        bool,
        typer.Option("--allow-private", help="Allow connections to addresses of private networks."),
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Download a release and verify every file's hash; resumes an interrupted download."""
    from annotate import client
    from annotate.cli import console
    from annotate.transfer.fetch import fetch

    with warnings.catch_warnings(), console.byte_bar("pull", quiet=as_json) as progress:
        warnings.simplefilter("ignore")  # reported below
        path, files, fetched = fetch(
            source, destination, progress, sha256=sha256, allow_private=allow_private
        )
        captions = client.load(path, verify=False).height
    held = client.manifest(path)
    own = held.release_sha256 or held.content_sha256
    if as_json:
        names = ("version", "content_sha256", "release_sha256")
        named = {name: getattr(held, name) for name in names}
        counts = {"captions": captions, "files": files, "fetched": fetched}
        console.print_json({"path": str(path), **counts, **named})
    else:
        line = f"{captions:,} captions in {console.escaped(str(path))}"
        console.out().print(line, soft_wrap=True)
        if fetched == 0:
            console.out().print("all files were downloaded before and are unchanged")
        elif fetched < files:
            console.out().print(f"{files - fetched:,} of {files:,} files were downloaded before")
        console.out().print(f"sha256 {own}", soft_wrap=True)
        if held.schema_version == 1:
            console.out().print(OLD, soft_wrap=True)
