"""Time to plan a run on a full lake, compared with SQLite: `python benchmarks/lake.py`.

Every run first determines which recordings have no result with its settings. The lake does this by
an anti-join over two Delta tables; the usual alternative is an indexed SQLite table. Both get the
same rows and must give the same result.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from annotate.execution.planning import plan
from annotate.execution.step import Outcome, Step
from annotate.model.tables import Images
from annotate.store.lake import Lake

SHARE_DONE = 0.99
COMMIT = 50_000


class FixedInputs(Step):
    """A step over a fixed list of images, which is planned and never run."""

    name = "known"
    output = Images
    id_column = "image_id"

    def __init__(self, ids: list[str]):
        self.ids = ids

    def parameters(self) -> Mapping[str, Any]:
        """No parameters."""
        return {}

    def inputs(self, lake: Lake) -> pl.DataFrame:
        """Every id."""
        return pl.DataFrame({"image_id": self.ids, "input_key": "same"})

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Never called."""
        raise AssertionError


def main(
    rows: Annotated[int, typer.Option(help="Recordings in the lake.")] = 1_300_000,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Fill a lake and a SQLite file with the same rows; time the plan on each."""
    ids = [f"img_{hashlib.sha256(str(n).encode()).hexdigest()[:16]}" for n in range(rows)]
    done = ids[: int(rows * SHARE_DONE)]
    with tempfile.TemporaryDirectory() as folder:
        step, lake = FixedInputs(ids), Lake(Path(folder) / "lake")
        key = plan(step, lake).todo["step_key"][0]
        fill_lake_s = timed(lambda: fill_lake(lake, done, key))[0]
        connection = sqlite3.connect(Path(folder) / "rows.db")
        fill_sqlite_s = timed(lambda: fill_sqlite(connection, done, key))[0]
        lake_s, lake_todo = timed(lambda: plan(step, lake).todo.height)
        sqlite_s, sqlite_todo = timed(lambda: plan_sqlite(connection, ids, key))
    if not lake_todo == sqlite_todo == rows - len(done):
        raise SystemExit(f"wrong results: {lake_todo} and {sqlite_todo} of {rows - len(done)}")
    figures = {
        "rows": rows,
        "write": {"lake_s": fill_lake_s, "sqlite_s": fill_sqlite_s},
        "plan": {"lake_s": lake_s, "sqlite_s": sqlite_s},
    }
    show(figures)
    if as_json:
        as_json.write_text(json.dumps(figures, indent=2))


def fill_lake(lake: Lake, ids: list[str], key: str) -> None:
    """Append the rows in commits of `COMMIT`."""
    for start in range(0, len(ids), COMMIT):
        part = pl.DataFrame({"image_id": ids[start : start + COMMIT]})
        sha256 = pl.col("image_id").str.slice(4).str.pad_end(64, "0")
        lake.append(
            Images,
            part.with_columns(
                sha256=sha256,
                blob=pl.concat_str(pl.lit("blobs/images/"), sha256, pl.lit(".jpg")),
                media_type=pl.lit("image/jpeg"),
                bytes=pl.lit(1000),
                width=pl.lit(640),
                height=pl.lit(480),
                name=pl.lit("a.jpg"),
                step_key=pl.lit(key),
            ),
        )


def fill_sqlite(connection: sqlite3.Connection, ids: list[str], key: str) -> None:
    """Insert ids and keys in transactions of `COMMIT`, with the index that planning needs."""
    connection.execute("create table done (id text, key text, primary key (id, key))")
    for start in range(0, len(ids), COMMIT):
        part = ((image, key) for image in ids[start : start + COMMIT])
        with connection:
            connection.executemany("insert into done values (?, ?)", part)


def plan_sqlite(connection: sqlite3.Connection, ids: list[str], key: str) -> int:
    """The number of ids without a row with this key."""
    with connection:
        connection.execute("create temp table ids (id text primary key)")
        connection.executemany("insert into ids values (?)", ((image,) for image in ids))
    query = "select id from ids where not exists (select 1 from done where done.id = ids.id"
    return len(connection.execute(f"{query} and done.key = ?)", (key,)).fetchall())


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The seconds taken by a function, and its result."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def show(figures: dict[str, Any]) -> None:
    """Print the figures as a table, with the ratio of the times."""
    table = Table(title=f"{figures['rows']:,} rows", box=None)
    for name in ("", "lake", "SQLite", "SQLite / lake"):
        table.add_column(name, justify="right" if name else "left")
    for name in ("write", "plan"):
        lake_s, sqlite_s = figures[name]["lake_s"], figures[name]["sqlite_s"]
        table.add_row(name, f"{lake_s:.2f} s", f"{sqlite_s:.2f} s", f"{sqlite_s / lake_s:.2f}")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
