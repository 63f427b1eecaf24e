"""A lake that version 0.1 wrote, opened with today's code; see tests/data/README.md."""

import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from annotate import client
from annotate.execution.runner import run_step
from annotate.ingest.step import Ingest
from annotate.ingest.studio import StudioSource
from annotate.model.report import StepReport
from annotate.model.tables import (
    Images,
    Recordings,
    Reviews,
    Table,
    Verdicts,
    dtypes,
    table_name,
)
from annotate.review.collect import collect
from annotate.review.push import push
from annotate.store.lake import Lake
from annotate.store.pseudonyms import FORM
from annotate.store.standing import consents
from tests.unit.cli.commands import run_command
from tests.unit.label_studio.stub import StubStudio, a_record, a_reference, decided, handed_in

pytestmark = pytest.mark.integration

ARCHIVE = Path(__file__).parents[1] / "data/lake-0.1.tar.xz"
TABLES = sorted(Table.__subclasses__(), key=table_name)
WRITTEN = {
    **{"images": 3, "traces": 5, "recordings": 5, "submissions": 2, "places": 2, "reviews": 3},
    **{"transcripts": 5, "narrations": 5, "captions": 3, "releases": 1, "quarantine": 2},
}
NEWER_TABLES = {"consents": 0, "edits": 0, "gold": 0}
STATUSES = {"flag": 4, "withdrawn": 1}
QUARANTINED = {"no_consent": 1, "not_audio": 1}
SUBMITTED, WITHDRAWN = (f"label-studio/studio.example.org/1/{number}" for number in (4, 5))
SCOPES = {
    "narrations/rocket-01.webm": "public",
    "narrations/rocket-03.webm": "public",
    "narrations/cat-01.webm": "internal",
    SUBMITTED: "public",
    WITHDRAWN: "withdrawn",
}


@dataclass(frozen=True)
class Old:
    """The lake, and the folder that was ingested into it."""

    lake: Lake
    folder: Path

    def annotate(self, *arguments: str) -> Any:
        """The JSON that a command prints with `--json`; it must succeed."""
        code, out, err = run_command(*arguments, "--lake", self.lake.root, "--json")
        assert code == 0, err
        return json.loads(out)

    def scopes(self) -> dict[str, str]:
        """The scope of consent in force by the source of the recording."""
        sources = self.lake.read(Recordings).select("recording_id", "source")
        found = sources.join(consents(self.lake).collect(), on="recording_id", how="left")
        return dict(found.select("source", "scope").iter_rows())

    def stored(self, table: type[Table]) -> pl.DataFrame:
        """The rows of the table's files, read without our code."""
        return pl.read_delta(str(self.folder.parent / "lake/tables" / table_name(table)))


def unpacked(root: Path) -> Old:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(root, filter="data")
    return Old(Lake(root / "lake"), root / "narrations")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Old:
    """A shared lake, for tests that write to no table."""
    return unpacked(tmp_path_factory.mktemp("old"))


@pytest.fixture
def separate(tmp_path: Path) -> Old:
    """A lake for one test."""
    return unpacked(tmp_path)


def test_status_has_counts_and_quarantine(old: Old) -> None:
    status = old.annotate("status", "--quarantine")
    assert (status["recordings"], status["quarantined"]) == (STATUSES, QUARANTINED)
    verdicts = old.stored(Verdicts).unique(["recording_id", "check"]).height
    assert status["tables"] == {**WRITTEN, **NEWER_TABLES, "verdicts": verdicts}
    waiting = {"transcribe": 0, "align": 5, "check": 5, "caption": 3}
    assert status["waiting"].items() >= waiting.items()


@pytest.mark.parametrize(
    "command", ["status", "lake verify", "release list", "review agreement", "annotator mira"]
)
def test_commands_that_only_read_succeed(old: Old, command: str) -> None:
    old.annotate(*command.split())
    code, out, err = run_command(*command.split(), "--lake", old.lake.root)
    assert (code, bool(out)) == (0, True), err


@pytest.mark.parametrize("table", TABLES, ids=table_name)
def test_every_row_is_read_with_todays_columns(old: Old, table: type[Table]) -> None:
    rows, newest = old.lake.scan(table).collect(), old.lake.read(table)
    assert rows.schema == newest.schema == dtypes(table)
    if table_name(table) in NEWER_TABLES:
        assert rows.is_empty()
        return
    stored = old.stored(table)
    assert rows.height == stored.height > 0
    same = [name for name in stored.columns if stored.schema[name] == rows.schema.get(name)]
    assert {*table.primary_key(), "step_key", "written_at"} <= set(same)
    by = [*table.primary_key(), "written_at"]
    assert rows.select(same).sort(by).equals(stored.select(same).sort(by))
    assert newest.height == stored.unique(table.primary_key()).height


def test_the_latest_consent_is_in_force(old: Old) -> None:
    assert old.scopes() == SCOPES


def test_its_release_is_verified_pulled_and_read(old: Old, tmp_path: Path) -> None:
    check_release(old, tmp_path / "copy")


def check_release(old: Old, copy: Path) -> None:
    """Verify the release of version 0.1, pull it to `copy` and read it."""
    release = str(old.folder.parent / "lake/releases/v1")
    code, out, err = run_command("release", "verify", release)
    assert (code, "made by version 0.1" in out) == (0, True), err
    with pytest.warns(UserWarning, match="made by version 0.1"):
        client.pull(release, copy)
    with pytest.warns(UserWarning, match="made by version 0.1"):
        captions = client.load(copy)
    assert (captions.height, client.manifest(copy).schema_version) == (3, 1)
    for row in captions.iter_rows(named=True):
        assert row["caption"].split() == [word.word for word in client.words(row)]
        assert client.image(row, copy)
        assert client.audio(row, 0, copy)
        assert row["caption"].split()[0] in str(client.show(row, copy))


def test_recordings_without_pseudonyms_are_not_released_before_they_are_ingested_again(
    old: Old,
) -> None:
    code, _, err = run_command("release", "create", "v2", "--lake", old.lake.root)
    assert (code, "1 no_pseudonym" in err, "--name" in err) == (2, True, True)


def test_the_folder_without_its_old_name_is_rejected_with_advice(separate: Old) -> None:
    code, out, _ = run_command(
        "ingest", str(separate.folder), "--lake", separate.lake.root, "--json"
    )
    (step,) = json.loads(out)["steps"]
    assert (code, step["quarantined"]) == (3, {**QUARANTINED, "duplicate_audio": 3})
    rejected = separate.lake.quarantined().filter(reason="duplicate_audio")
    assert rejected["detail"].str.contains("--name", literal=True).all()
    assert separate.scopes() == SCOPES


@dataclass(frozen=True)
class Rerun:
    """The lake after a run, its rows before, and the number of rows that each stage wrote."""

    old: Old
    before: dict[type[Table], pl.DataFrame]
    written: dict[str, int]


def run(old: Old) -> dict[str, int]:
    """Run the pipeline on the folder; the number of rows that each stage wrote."""
    result = old.annotate("run", str(old.folder), "--name", "narrations")
    return {step["step"]: step["written"] for step in result["steps"]}


@pytest.fixture(scope="module")
def rerun(tmp_path_factory: pytest.TempPathFactory) -> Rerun:
    """The lake after `annotate run` with its folder, without the lines that were rejected."""
    old = unpacked(tmp_path_factory.mktemp("run"))
    before = {table: old.lake.scan(table).collect() for table in TABLES}
    manifest = old.folder / "manifest.jsonl"
    lines = manifest.read_text().splitlines()
    accepted = [one for one in lines if "cat-02" not in one and "broken" not in one]
    manifest.write_text("\n".join(accepted))
    return Rerun(old, before, run(old))


def test_every_stage_runs_again_once(rerun: Rerun) -> None:
    written = {"ingest": 3, "transcribe": 5, "align": 5, "check": 5, "caption": 3}
    # One automatic review, of the cat's caption; people review the others.
    assert rerun.written == {**written, "review": 1}
    assert run(rerun.old) == dict.fromkeys(rerun.written, 0)


@pytest.mark.parametrize("table", TABLES, ids=table_name)
def test_a_run_loses_and_duplicates_no_row(rerun: Rerun, table: type[Table]) -> None:
    key, before = table.primary_key(), rerun.before[table]
    now, newest = rerun.old.lake.scan(table).collect(), rerun.old.lake.read(table)
    by = [*key, "written_at"]
    assert now.filter(pl.col("commit_version").is_null()).sort(by).equals(before.sort(by))
    keys = before.select(key).unique().sort(key)
    if table in (Reviews, Verdicts):  # new rows for recomposed captions and new checks
        assert keys.join(newest, on=key, how="anti").is_empty()
    else:
        assert newest.select(key).equals(keys)


def test_after_a_run_nothing_is_quarantined_and_consent_is_unchanged(rerun: Rerun) -> None:
    status = rerun.old.annotate("status")
    assert (status["recordings"], status["quarantined"]) == (STATUSES, {})
    assert status["waiting"] == {name: 2 if name == "people" else 0 for name in status["waiting"]}
    assert rerun.old.scopes() == SCOPES
    assert rerun.old.annotate("lake", "verify")["sound"]


def test_a_new_release_has_the_accepted_caption_and_the_old_release_is_unchanged(
    rerun: Rerun, tmp_path: Path
) -> None:
    old, stub = rerun.old, StubStudio()
    code, _, err = run_command("release", "create", "v2", "--lake", old.lake.root)
    assert (code, "1 no_consent, 2 not_reviewed" in err) == (2, True)
    project = stub.project("annotate: review")
    with stub.client() as studio:
        push(old.lake, studio, project)
        for task in stub.tasks_of(project):
            stub.annotate(task["id"], decided("accept", task["data"]["caption"]), user=7)
        collect(old.lake, studio, project)
    release = old.annotate("release", "create", "v2")
    # Recordings of the project on the server are ingested again from there.
    assert release["left_out"] == {"no_consent": 1, "no_pseudonym": 1}
    assert (release["counts"]["images"], release["counts"]["automatic_reviews"]) == (1, 0)
    (row,) = client.load(release["path"]).to_dicts()
    assert row["image_name"] == "rocket.jpg"
    used = [one["recording_id"] for one in row["recordings"]]
    sources = old.lake.read(Recordings).filter(pl.col("recording_id").is_in(used))["source"]
    assert set(sources) == {"narrations/rocket-01.webm", "narrations/rocket-03.webm"}
    check_release(old, tmp_path / "copy")


def server_of(old: Old, records: bool) -> StubStudio:
    """A stub of the server: two recordings were submitted, one annotation was deleted since.

    Args:
        records: Whether the server has its own record of each recording, as current versions do.
    """
    rows = {row["source"]: row for row in old.lake.read(Recordings).to_dicts()}
    (image,) = old.lake.read(Images).filter(name="temple.jpg").to_dicts()
    stub = StubStudio()
    project, _ = stub.project("annotate: record"), stub.project("annotate: review")
    stub.files["/data/temple.jpg"] = old.lake.blobs.get(image["blob"])
    image_data = {"name": "temple.jpg", "image_sha256": image["sha256"]}
    task = stub.task(project, {"image": "/data/temple.jpg", **image_data})
    for source, user in ((SUBMITTED, 5), (WITHDRAWN, 6)):
        audio = old.lake.blobs.get(rows[source]["blob"])
        reference = a_reference(audio, client_ms=6_000)
        name = reference["recording"]
        path = f"/annotate/recordings/{name}"
        trace = b'{"segments": [], "points": []}'
        stub.files |= {path: audio, f"{path}/trace": trace}
        if records:
            owner = {"user": user, "project": project, "task": task}
            stub.records[name] = a_record(reference, **owner)
        stub.annotate(task, handed_in(reference), user)
    stub.delete(int(WITHDRAWN.rpartition("/")[2]))
    return stub


def ingest_from(stub: StubStudio, lake: Lake) -> StepReport:
    with stub.client() as studio:
        return run_step(Ingest(StudioSource(studio, "annotate: record", 2**20)), lake)


def test_its_project_on_a_server_is_ingested_again(separate: Old) -> None:
    stub = server_of(separate, records=True)
    report = ingest_from(stub, separate.lake)
    assert (report.rows_in, report.quarantined, separate.scopes()) == (2, {}, SCOPES)
    (submitted,) = separate.lake.read(Recordings).filter(source=SUBMITTED).to_dicts()
    assert re.fullmatch(FORM, submitted["annotator_id"])
    assert ingest_from(stub, separate.lake).written == 0


def test_recordings_without_a_record_on_the_server_are_unchanged(separate: Old) -> None:
    (before,) = separate.lake.read(Recordings).filter(source=SUBMITTED).to_dicts()
    report = ingest_from(server_of(separate, records=False), separate.lake)
    assert (report.quarantined, separate.scopes()) == ({"missing_audio": 1}, SCOPES)
    assert separate.lake.read(Recordings).filter(source=SUBMITTED).to_dicts() == [before]
