"""Annotators' names are in no table and in no release."""

import json
from pathlib import Path

import polars as pl

from annotate.execution.runner import run_step
from annotate.ingest.step import Ingest
from annotate.model.tables import Consents, Images, Recordings, Traces
from annotate.release.create import create
from annotate.store.lake import Lake
from tests.builders import frame
from tests.release_builders import a_picture, a_tone, rows_of, tree
from tests.unit.ingest.test_ingest import CONSENT

NAME = "jane.q.public+aloud@example.org"


def test_a_release_contains_no_annotator_name(tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    (source / "a.wav").write_bytes(a_tone(201))
    (source / "a.jpg").write_bytes(a_picture(1))
    line = {"recording": "a.wav", "image": "a.jpg", "annotator": NAME, "consent": CONSENT}
    (source / "manifest.jsonl").write_text(json.dumps(line))
    lake = Lake(tmp_path / "lake")
    assert run_step(Ingest(source), lake).written == 1
    rows = rows_of(lake, 1)
    for table in (Recordings, Images, Consents, Traces):
        del rows[table]
    for table, row in rows.items():
        stored = {**row, "annotator_id": NAME} if "annotator_id" in row else row  # an earlier row
        assert lake.append(table, frame(table, [stored])).is_empty()
    release = create(lake)
    assert release.counts["recordings"] == 1
    for path, data in tree(Path(release.path)).items():
        packed = pl.read_parquet(data).write_json().encode() if path.endswith(".parquet") else data
        assert NAME.encode() not in packed + data
        assert b"jane" not in packed + data
    for table in (Recordings, Consents):
        assert NAME not in lake.read(table).write_json()
