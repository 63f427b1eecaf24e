"""Speed of pushing captions to reviewers, in a real Label Studio: `python benchmarks/push.py`.

The demo's captions, each several times with separate files, are pushed into a project that is
deleted afterwards. Label Studio is the one that `annotate studio up` started, or the one at
`--url`.
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
from rich.table import Table as RichTable

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

RECORDING_TABLES: tuple[type[Table], ...] = (Consents, Transcripts, Narrations, Verdicts)
TABLES: tuple[type[Table], ...] = (Captions, Images, Recordings, *RECORDING_TABLES)
UNIQUE_ENDINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "webm": lambda marker: b"\xec\x88" + marker,  # an empty Void element
    "mp4": lambda marker: (8 + len(marker)).to_bytes(4, "big") + b"free" + marker,
}
"""Bytes that make a file unique without changing its audio; other formats permit bytes after their
end. The first recording of each caption gets new audio, since the same audio is uploaded once."""


def main(
    captions: Annotated[int, typer.Option(min=1, help="Number of captions.")] = 45,
    demo: Annotated[Path, typer.Option(help="The lake of make demo.")] = Path("data/lake/demo"),
    url: Annotated[str | None, typer.Option(help="Label Studio's URL.")] = None,
    token_file: Annotated[Path | None, typer.Option(help="File with the token.")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Fill a lake with captions of the demo and push them once."""
    server = access(url, read_secret(token_file) if token_file else None, DATA)
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder) / "lake")
        fill(lake, Lake(demo), captions)
        connection = Connection(*server, None, 1.0)
        project_settings = {"title": "benchmark: push", "label_config": review_config()}
        project = connection.send("POST", "api/projects/", json=project_settings)["id"]
        try:
            figures = measure(lake, server, project)
        finally:
            connection.send("DELETE", f"api/projects/{project}/")
            connection.close()
    show(figures)
    if as_json:
        as_json.write_text(json.dumps(figures, indent=2))


def measure(lake: Lake, server: tuple[str, str], project: int) -> dict[str, float]:
    """Push all captions; returns the figures."""
    before, started = processor_s(), time.perf_counter()
    with Studio(*server) as studio:
        report = push(lake, studio, project)
    seconds = time.perf_counter() - started
    audio_s = lake.read(Recordings)["duration_ms"].sum() / 1000
    return {
        "captions": report.pushed,
        "seconds": round(seconds, 2),
        "captions_per_second": round(report.pushed / seconds, 2),
        "processor_s_per_caption": round((processor_s() - before) / report.pushed, 3),
        "sound_s_per_second": round(audio_s / seconds, 1),
        "load": round(os.getloadavg()[0], 2),
    }


def processor_s() -> float:
    """Processor time of this process and of its decoding processes, which are ended first."""
    from annotate.media import isolation

    isolation._pool.close()
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(one)[:2]) for one in whose)


def fill(lake: Lake, demo: Lake, captions: int) -> None:
    """Fill a lake with copies of the demo's captions, each with separate files."""
    source = {table: demo.read(table).drop(BOOKKEEPING).to_dicts() for table in TABLES}
    if not source[Captions]:
        raise SystemExit(f"no captions in {demo.root}: run make demo first")
    copies: dict[type[Table], list[Row]] = {table: [] for table in TABLES}
    for number in range(captions):
        caption = source[Captions][number % len(source[Captions])]
        for table, rows in copy_caption(lake, demo, source, caption, number).items():
            copies[table] += rows
    for table, rows in copies.items():
        frame = content_frame(table, rows)
        lake.add(table, frame.with_columns(step_key=pl.lit("benchmark")))


def copy_caption(
    lake: Lake, demo: Lake, source: Mapping[type[Table], list[Row]], caption: Row, number: int
) -> dict[type[Table], list[Row]]:
    """Copy one caption of the demo: its files into the lake, its rows with new ids returned."""
    marker = os.urandom(8)
    new_ids = {caption["caption_id"]: f"cap_{digest(caption['caption_id'], number)}"}
    found: dict[type[Table], list[Row]] = {Captions: [caption], Images: [], Recordings: []}
    for image in source[Images]:
        if image["image_id"] == caption["image_id"]:
            image_bytes = demo.blobs.get(image["clean_blob"]) + marker
            sha256 = sha256_hex(image_bytes)
            new_ids[image["image_id"]] = image_id(sha256)
            blob = lake.blobs.put("images", image_bytes, image["clean_blob"].rpartition(".")[2])
            clean = {"clean_blob": blob, "clean_sha256": sha256, "clean_bytes": len(image_bytes)}
            found[Images].append({**image, **clean, "sha256": sha256})
    for recording in source[Recordings]:
        if recording["recording_id"] in caption["recordings"]:
            original, first = demo.blobs.get(recording["blob"]), not found[Recordings]
            kind = "webm" if first else recording["container"]
            ending = UNIQUE_ENDINGS.get(kind, bytes)(marker)
            audio = with_noise(original) if first else original + ending
            sha256 = sha256_hex(audio)
            new_ids[recording["recording_id"]] = recording_id(sha256)
            blob = lake.blobs.put("audio", audio, kind)
            file = {"blob": blob, "sha256": sha256, "pcm_sha256": sha256, "container": kind}
            file |= {"codec": "opus"} if first else {}
            found[Recordings].append({**recording, **file})
    for table in RECORDING_TABLES:
        rows = source[table]
        found[table] = [row for row in rows if row["recording_id"] in caption["recordings"]]
    return {table: with_new_ids(rows, new_ids) for table, rows in found.items()}


def with_noise(audio: bytes) -> bytes:
    """The recording with added noise, encoded like a browser's, so that no server has it yet."""
    samples = decode(audio).samples
    noise = np.random.default_rng().normal(0, 0.001, len(samples))
    return encode((samples + noise).astype(np.float32))


def with_new_ids(rows: list[Row], new_ids: Mapping[str, str]) -> list[Row]:
    """The rows with ids replaced in all columns."""
    text = json.dumps(rows)
    for name, other in new_ids.items():
        text = text.replace(f'"{name}"', f'"{other}"')
    found: list[Row] = json.loads(text)
    return found


def show(figures: dict[str, float]) -> None:
    """The figures as a table."""
    table = RichTable(box=None, show_header=False)
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), f"{value:,}")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
