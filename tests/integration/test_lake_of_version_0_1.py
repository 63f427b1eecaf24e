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
from tests.unit.cli.commands import said
from tests.unit.label_studio.stub import StubStudio, a_record, a_reference, decided, handed_in

pytestmark = pytest.mark.integration

ARCHIVE = Path(__file__).parents[1] / "data/lake-0.1.tar.xz"
TABLES = sorted(Table.__subclasses__(), key=table_name)
WRITTEN = {
    **{"images": 3, "traces": 5, "recordings": 5, "submissions": 2, "places": 2, "reviews": 3},
    **{"transcripts": 5, "narrations": 5, "captions": 3, "releases": 1, "quarantine": 2},
}
NEWER = {"consents": 0, "edits": 0, "gold": 0}
STANDING = {"flag": 4, "withdrawn": 1}
REFUSED = {"no_consent": 1, "not_audio": 1}
GIVEN, TAKEN_BACK = (f"label-studio/studio.example.org/1/{number}" for number in (4, 5))
SCOPES = {
    "narrations/rocket-01.webm": "public",
    "narrations/rocket-03.webm": "public",
    "narrations/cat-01.webm": "internal",
    GIVEN: "public",
    TAKEN_BACK: "withdrawn",
}


@dataclass(frozen=True)
class Old:
    """The lake, and the folder that was ingested into it."""

    lake: Lake
    folder: Path

    def annotate(self, *words: str) -> Any:
        """What a command prints with `--json`; it must end well."""
        code, out, err = said(*words, "--lake", self.lake.root, "--json")
        assert code == 0, err
        return json.loads(out)

    def scopes(self) -> dict[str, str]:
        """The consent in force by the source of the recording."""
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
    """For tests that write to no table."""
    return unpacked(tmp_path_factory.mktemp("old"))


@pytest.fixture
def own(tmp_path: Path) -> Old:
    """For one test alone."""
    return unpacked(tmp_path)


def test_its_state_is_told(old: Old) -> None:
    told = old.annotate("status", "--quarantine")
    assert (told["recordings"], told["quarantined"]) == (STANDING, REFUSED)
    judged = old.stored(Verdicts).unique(["recording_id", "check"]).height
    assert told["tables"] == {**WRITTEN, **NEWER, "verdicts": judged}
    waits = {"transcribe": 0, "align": 5, "check": 5, "caption": 3}
    assert told["waiting"].items() >= waits.items()


@pytest.mark.parametrize(
    "words", ["status", "lake verify", "release list", "review agreement", "annotator mira"]
)
def test_it_is_read_by_every_command_that_looks(old: Old, words: str) -> None:
    old.annotate(*words.split())
    code, out, err = said(*words.split(), "--lake", old.lake.root)
    assert (code, bool(out)) == (0, True), err


@pytest.mark.parametrize("table", TABLES, ids=table_name)
def test_every_row_is_read_with_todays_columns(old: Old, table: type[Table]) -> None:
    rows, newest = old.lake.scan(table).collect(), old.lake.read(table)
    assert rows.schema == newest.schema == dtypes(table)
    if table_name(table) in NEWER:
        assert rows.is_empty()
        return
    stored = old.stored(table)
    assert rows.height == stored.height > 0
    same = [name for name in stored.columns if stored.schema[name] == rows.schema.get(name)]
    assert {*table.primary_key(), "step_key", "written_at"} <= set(same)
    by = [*table.primary_key(), "written_at"]
    assert rows.select(same).sort(by).equals(stored.select(same).sort(by))
    assert newest.height == stored.unique(table.primary_key()).height


def test_consent_is_as_it_was_agreed_to_last(old: Old) -> None:
    assert old.scopes() == SCOPES


def test_its_release_is_verified_pulled_and_read(old: Old, tmp_path: Path) -> None:
    check_release(old, tmp_path / "copy")


def check_release(old: Old, copy: Path) -> None:
    """Verify the release of version 0.1, pull it to `copy` and read it."""
    release = str(old.folder.parent / "lake/releases/v1")
    code, out, err = said("release", "verify", release)
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


def test_names_are_no_pseudonyms_and_not_released_before_they_are_ingested_again(
    old: Old,
) -> None:
    code, _, err = said("release", "create", "v2", "--lake", old.lake.root)
    assert (code, "1 no_pseudonym" in err, "--name" in err) == (2, True, True)


def test_the_folder_under_a_name_of_today_is_refused_with_advice(own: Old) -> None:
    code, out, _ = said("ingest", str(own.folder), "--lake", own.lake.root, "--json")
    (step,) = json.loads(out)["steps"]
    assert (code, step["quarantined"]) == (3, {**REFUSED, "duplicate_audio": 3})
    refused = own.lake.quarantined().filter(reason="duplicate_audio")
    assert refused["detail"].str.contains("--name", literal=True).all()
    assert own.scopes() == SCOPES


@dataclass(frozen=True)
class Again:
    """The lake after a run, its rows from before, and what the stages wrote."""

    old: Old
    before: dict[type[Table], pl.DataFrame]
    written: dict[str, int]


def ran(old: Old) -> dict[str, int]:
    """What each stage writes when the folder is run."""
    told = old.annotate("run", str(old.folder), "--name", "narrations")
    return {step["step"]: step["written"] for step in told["steps"]}


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Again:
    """The lake after `annotate run` with its folder, whose refused lines have been taken out."""
    old = unpacked(tmp_path_factory.mktemp("run"))
    before = {table: old.lake.scan(table).collect() for table in TABLES}
    manifest = old.folder / "manifest.jsonl"
    lines = manifest.read_text().splitlines()
    good = [one for one in lines if "cat-02" not in one and "broken" not in one]
    manifest.write_text("\n".join(good))
    return Again(old, before, ran(old))


def test_every_stage_is_done_again_once(again: Again) -> None:
    done = {"ingest": 3, "transcribe": 5, "align": 5, "check": 5, "caption": 3}
    assert again.written == {**done, "review": 1}  # the cat's: of the others people are asked
    assert ran(again.old) == dict.fromkeys(again.written, 0)


@pytest.mark.parametrize("table", TABLES, ids=table_name)
def test_a_run_loses_and_doubles_nothing(again: Again, table: type[Table]) -> None:
    key, before = table.primary_key(), again.before[table]
    now, newest = again.old.lake.scan(table).collect(), again.old.lake.read(table)
    by = [*key, "written_at"]
    assert now.filter(pl.col("commit_version").is_null()).sort(by).equals(before.sort(by))
    keys = before.select(key).unique().sort(key)
    if table in (Reviews, Verdicts):  # of captions composed again; of checks that are new
        assert keys.join(newest, on=key, how="anti").is_empty()
    else:
        assert newest.select(key).equals(keys)


def test_after_a_run_nothing_is_refused_and_consent_is_as_it_was(again: Again) -> None:
    told = again.old.annotate("status")
    assert (told["recordings"], told["quarantined"]) == (STANDING, {})
    assert told["waiting"] == {name: 2 if name == "people" else 0 for name in told["waiting"]}
    assert again.old.scopes() == SCOPES
    assert again.old.annotate("lake", "verify")["sound"]


def test_a_new_release_has_what_a_person_accepts_and_the_old_one_stays(
    again: Again, tmp_path: Path
) -> None:
    old, stub = again.old, StubStudio()
    code, _, err = said("release", "create", "v2", "--lake", old.lake.root)
    assert (code, "1 no_consent, 2 not_reviewed" in err) == (2, True)
    project = stub.project("annotate: review")
    with stub.client() as studio:
        push(old.lake, studio, project)
        for task in stub.tasks_of(project):
            stub.annotate(task["id"], decided("accept", task["data"]["caption"]), user=7)
        collect(old.lake, studio, project)
    made = old.annotate("release", "create", "v2")
    # Recordings of the project on the server are ingested again from there.
    assert made["left_out"] == {"no_consent": 1, "no_pseudonym": 1}
    assert (made["counts"]["images"], made["counts"]["automatic_reviews"]) == (1, 0)
    (row,) = client.load(made["path"]).to_dicts()
    assert row["image_name"] == "rocket.jpg"
    used = [one["recording_id"] for one in row["recordings"]]
    sources = old.lake.read(Recordings).filter(pl.col("recording_id").is_in(used))["source"]
    assert set(sources) == {"narrations/rocket-01.webm", "narrations/rocket-03.webm"}
    check_release(old, tmp_path / "copy")


def server_of(old: Old, records: bool) -> StubStudio:
    """The server as it was left: two recordings were handed in, of which one was deleted.

    Args:
        records: Whether it has written down what was recorded, as servers of today do.
    """
    rows = {row["source"]: row for row in old.lake.read(Recordings).to_dicts()}
    (image,) = old.lake.read(Images).filter(name="temple.jpg").to_dicts()
    stub = StubStudio()
    project, _ = stub.project("annotate: record"), stub.project("annotate: review")
    stub.files["/data/temple.jpg"] = old.lake.blobs.get(image["blob"])
    facts = {"name": "temple.jpg", "image_sha256": image["sha256"]}
    task = stub.task(project, {"image": "/data/temple.jpg", **facts})
    for source, user in ((GIVEN, 5), (TAKEN_BACK, 6)):
        audio = old.lake.blobs.get(rows[source]["blob"])
        reference = a_reference(audio, client_ms=6_000)
        name = reference["recording"]
        path = f"/annotate/recordings/{name}"
        trace = b'{"segments": [], "points": []}'
        stub.files |= {path: audio, f"{path}/trace": trace}
        if records:
            mine = {"user": user, "project": project, "task": task}
            stub.records[name] = a_record(reference, **mine)
        stub.annotate(task, handed_in(reference), user)
    stub.delete(int(TAKEN_BACK.rpartition("/")[2]))
    return stub


def ingested_from(stub: StubStudio, lake: Lake) -> StepReport:
    with stub.client() as studio:
        return run_step(Ingest(StudioSource(studio, "annotate: record", 2**20)), lake)


def test_its_project_on_a_server_is_ingested_again(own: Old) -> None:
    stub = server_of(own, records=True)
    report = ingested_from(stub, own.lake)
    assert (report.rows_in, report.quarantined, own.scopes()) == (2, {}, SCOPES)
    (given,) = own.lake.read(Recordings).filter(source=GIVEN).to_dicts()
    assert re.fullmatch(FORM, given["annotator_id"])
    assert ingested_from(stub, own.lake).written == 0


def test_what_its_server_wrote_no_record_of_stays_as_it_was(own: Old) -> None:
    (before,) = own.lake.read(Recordings).filter(source=GIVEN).to_dicts()
    report = ingested_from(server_of(own, records=False), own.lake)
    assert (report.quarantined, own.scopes()) == ({"missing_audio": 1}, SCOPES)
    assert own.lake.read(Recordings).filter(source=GIVEN).to_dicts() == [before]
