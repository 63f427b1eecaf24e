"""How fast captions reach reviewers, at a real Label Studio: `python benchmarks/push.py`.

The demo's captions, each several times over with files of their own, are pushed into a project that
is removed afterwards. Label Studio runs beside it, as `annotate studio up` started it, or where
`--url` says.
"""

from __future__ import annotations

import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import polars as pl
import typer
from rich.console import Console
from rich.table import Table as Shown

from annotate.label_studio.client import Studio
from annotate.label_studio.connection import Connection
from annotate.label_studio.projects import review_config
from annotate.label_studio.secret_files import DATA, read_secret
from annotate.media.audio import decode
from annotate.media.opus_splice import encode
from annotate.model.ids import digest, image_id, recording_id, sha256_hex
from annotate.model.tables import (
    BOOKKEEPING,
    Captions,
    Consents,
    Images,
    Narrations,
    Recordings,
    Table,
    Transcripts,
    Verdicts,
    content_frame,
)
from annotate.review.push import push
from annotate.store.lake import Lake
from annotate.studio_server.accounts import access

Row = dict[str, Any]

OF_RECORDINGS: tuple[type[Table], ...] = (Consents, Transcripts, Narrations, Verdicts)
TABLES: tuple[type[Table], ...] = (Captions, Images, Recordings, *OF_RECORDINGS)
ENDS: Mapping[str, Callable[[bytes], bytes]] = {
    "webm": lambda mark: b"\xec\x88" + mark,  # an element that says nothing
    "mp4": lambda mark: (8 + len(mark)).to_bytes(4, "big") + b"free" + mark,
}
"""What makes a file another one with the same sound; other kinds bear bytes behind their end. The
first recording of each caption gets other sound, since the same sound is sent once."""


def main(
    captions: Annotated[int, typer.Option(min=1, help="How many to push.")] = 45,
    demo: Annotated[Path, typer.Option(help="The lake that make demo made.")] = Path(
        "data/lake/demo"
    ),
    url: Annotated[str | None, typer.Option(help="Of Label Studio.")] = None,
    token_file: Annotated[Path | None, typer.Option(help="Holds the token.")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Fill a lake with captions of the demo and push them once."""
    where = access(url, read_secret(token_file) if token_file else None, DATA)
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder) / "lake")
        fill(lake, Lake(demo), captions)
        at = Connection(*where, None, 1.0)
        wish = {"title": "benchmark: push", "label_config": review_config()}
        project = at.send("POST", "api/projects/", json=wish)["id"]
        try:
            figures = measured(lake, where, project)
        finally:
            at.send("DELETE", f"api/projects/{project}/")
            at.close()
    show(figures)
    if as_json:
        as_json.write_text(json.dumps(figures, indent=2))


def measured(lake: Lake, where: tuple[str, str], project: int) -> dict[str, float]:
    """Push everything; what it took."""
    before, started = processor_s(), time.perf_counter()
    with Studio(*where) as studio:
        report = push(lake, studio, project)
    seconds = time.perf_counter() - started
    sound_s = lake.read(Recordings)["duration_ms"].sum() / 1000
    return {
        "captions": report.pushed,
        "seconds": round(seconds, 2),
        "captions_per_second": round(report.pushed / seconds, 2),
        "processor_s_per_caption": round((processor_s() - before) / report.pushed, 3),
        "sound_s_per_second": round(sound_s / seconds, 1),
        "load": round(os.getloadavg()[0], 2),
    }


def processor_s() -> float:
    """Processor time of this process and of those that opened files for it and have ended."""
    from annotate.media import isolation

    isolation._pool.close()
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(one)[:2]) for one in whose)


def fill(lake: Lake, demo: Lake, captions: int) -> None:
    """The demo's captions again and again, each with files of its own."""
    known = {table: demo.read(table).drop(BOOKKEEPING).to_dicts() for table in TABLES}
    if not known[Captions]:
        raise SystemExit(f"no captions in {demo.root}: run make demo first")
    made: dict[type[Table], list[Row]] = {table: [] for table in TABLES}
    for number in range(captions):
        caption = known[Captions][number % len(known[Captions])]
        for table, rows in one_more(lake, demo, known, caption, number).items():
            made[table] += rows
    for table, rows in made.items():
        frame = content_frame(table, rows)
        lake.add(table, frame.with_columns(step_key=pl.lit("benchmark")))


def one_more(
    lake: Lake, demo: Lake, known: Mapping[type[Table], list[Row]], caption: Row, number: int
) -> dict[type[Table], list[Row]]:
    """The rows of one caption of the demo under names of its own; its files are in the lake."""
    mark = os.urandom(8)
    new = {caption["caption_id"]: f"cap_{digest(caption['caption_id'], number)}"}
    found: dict[type[Table], list[Row]] = {Captions: [caption], Images: [], Recordings: []}
    for image in known[Images]:
        if image["image_id"] == caption["image_id"]:
            picture = demo.blobs.get(image["clean_blob"]) + mark
            sha256 = sha256_hex(picture)
            new[image["image_id"]] = image_id(sha256)
            blob = lake.blobs.put("images", picture, image["clean_blob"].rpartition(".")[2])
            clean = {"clean_blob": blob, "clean_sha256": sha256, "clean_bytes": len(picture)}
            found[Images].append({**image, **clean, "sha256": sha256})
    for recording in known[Recordings]:
        if recording["recording_id"] in caption["recordings"]:
            received, first = demo.blobs.get(recording["blob"]), not found[Recordings]
            kind = "webm" if first else recording["container"]
            sound = with_noise(received) if first else received + ENDS.get(kind, bytes)(mark)
            sha256 = sha256_hex(sound)
            new[recording["recording_id"]] = recording_id(sha256)
            blob = lake.blobs.put("audio", sound, kind)
            file = {"blob": blob, "sha256": sha256, "pcm_sha256": sha256, "container": kind}
            file |= {"codec": "opus"} if first else {}
            found[Recordings].append({**recording, **file})
    for table in OF_RECORDINGS:
        rows = known[table]
        found[table] = [row for row in rows if row["recording_id"] in caption["recordings"]]
    return {table: renamed(rows, new) for table, rows in found.items()}


def with_noise(sound: bytes) -> bytes:
    """The recording as a browser would have sent it, and so that no server has it already."""
    samples = decode(sound).samples
    noise = np.random.default_rng().normal(0, 0.001, len(samples))
    return encode((samples + noise).astype(np.float32))


def renamed(rows: list[Row], new: Mapping[str, str]) -> list[Row]:
    """The rows with other ids, wherever they stand."""
    text = json.dumps(rows)
    for name, other in new.items():
        text = text.replace(f'"{name}"', f'"{other}"')
    found: list[Row] = json.loads(text)
    return found


def show(figures: dict[str, float]) -> None:
    """The figures as a table."""
    table = Shown(box=None, show_header=False)
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), f"{value:,}")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
