"""Consent in a folder's manifest narrows at once, even if a line is otherwise invalid."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from annotate.execution.runner import run_step
from annotate.ingest.step import Ingest
from annotate.model.ids import recording_id, sha256_hex
from annotate.model.report import StepReport
from annotate.model.tables import Consents, Recordings, Verdicts
from annotate.store.lake import Lake, content
from annotate.store.standing import consents
from tests.builders import a_recording, frame
from tests.sounds import as_wav, tone
from tests.unit.ingest.test_ingest import KEY, a_row, a_source, ingest, rejected

EARLY, LATE = "2026-11-01T09:00:00Z", "2026-11-02T09:00:00Z"


def consent(scope: str, at: str | None = EARLY) -> dict[str, Any]:
    return {"scope": scope, "at": at, "statement": "test-v1"}


class Folder:
    """A folder with one recording, which is ingested repeatedly into one lake."""

    def __init__(self, root: Path):
        self.root, self.lake = root, Lake(root / "lake")

    def line(self, scope: str = "public", at: str | None = EARLY, **over: Any) -> StepReport:
        return self.lines(a_row(**{"consent": consent(scope, at), **over}))

    def lines(self, *rows: dict[str, Any] | str, name: str = "src") -> StepReport:
        return ingest(self.lake, a_source(self.root / name, *rows))

    def scopes(self) -> set[str]:
        return set(consents(self.lake).collect()["scope"])

    def rejected(self) -> dict[str, str]:
        return rejected(self.lake)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.mark.parametrize("scope", ["research", "internal", "withdrawn"])
@pytest.mark.parametrize("at", [EARLY, "2026-10-01", None])
def test_a_narrower_scope_applies_at_once(folder: Folder, scope: str, at: str | None) -> None:
    folder.line("public")
    assert folder.line(scope, at).quarantined == {}
    assert folder.scopes() == {scope}


@pytest.mark.parametrize("at", [EARLY, "2026-10-01", None])
def test_a_wider_scope_is_rejected_with_a_remedy(folder: Folder, at: str | None) -> None:
    folder.line("internal")
    before = content(folder.lake, Recordings)
    report = folder.line("public", at, language="ar")
    assert report.quarantined == {"consent_not_widened": 1}
    assert folder.scopes() == {"internal"}
    assert content(folder.lake, Recordings) == before
    (detail,) = folder.lake.quarantined()["detail"]
    assert "'internal' of 2026-11-01" in detail
    assert "'at' is later" in detail
    second = folder.line("public", at, language="ar")
    assert (second.written, second.quarantined) == (0, {"consent_not_widened": 1})


def test_a_restored_line_does_not_widen(folder: Folder) -> None:
    folder.line("public")
    folder.line("internal")
    assert folder.line("public").quarantined == {"consent_not_widened": 1}
    assert folder.scopes() == {"internal"}
    assert folder.line("internal").quarantined == {}
    assert folder.rejected() == {}


def test_a_later_consent_widens_and_the_earlier_line_narrows_again(folder: Folder) -> None:
    folder.line("internal")
    assert folder.line("public", LATE).quarantined == {}
    assert folder.scopes() == {"public"}
    assert folder.line("internal").quarantined == {}
    assert folder.scopes() == {"internal"}


def test_another_annotator_does_not_widen(folder: Folder) -> None:
    folder.line("internal")
    assert folder.line("public", LATE, annotator="ann-02").quarantined == {"consent_not_widened": 1}
    assert folder.scopes() == {"internal"}


def test_consent_without_a_time_needs_one_before_it_is_widened(folder: Folder) -> None:
    folder.line("internal", None)
    assert folder.line("public", LATE).quarantined == {"consent_not_widened": 1}
    assert "its time is unknown" in folder.lake.quarantined()["detail"][0]
    folder.line("internal", EARLY)
    assert folder.line("public", LATE).quarantined == {}
    assert folder.scopes() == {"public"}


@pytest.mark.parametrize(
    "over",
    [
        {"image": "missing.jpg"},
        {"trace": "missing.json"},
        {"client_ms": -1},
        {"surprise": 1},
        {"annotator": "a name with spaces"},
    ],
)
def test_a_narrower_scope_applies_even_if_the_line_is_rejected(
    folder: Folder, over: dict[str, Any]
) -> None:
    folder.line("public")
    report = folder.line("internal", **over)
    assert sum(report.quarantined.values()) == 1
    assert folder.scopes() == {"internal"}


def test_a_narrower_scope_applies_even_if_the_file_is_missing(folder: Folder) -> None:
    folder.line("public")
    (folder.root / "src" / "a.wav").rename(folder.root / "moved.wav")
    source = folder.root / "src"
    (source / "manifest.jsonl").write_text(json.dumps(a_row(consent=consent("internal"))))
    assert ingest(folder.lake, source).quarantined == {"missing_audio": 1}
    assert folder.scopes() == {"internal"}


def test_a_narrower_scope_applies_to_every_recording_of_that_name(folder: Folder) -> None:
    folder.line("public")
    (folder.root / "src" / "a.wav").write_bytes(as_wav(tone(5.0)))
    folder.line("internal")
    assert consents(folder.lake).collect().height == 2
    assert folder.scopes() == {"internal"}


def test_a_wider_scope_does_not_apply_to_an_earlier_file_of_that_name(folder: Folder) -> None:
    folder.line("internal")
    old = recording_id(sha256_hex((folder.root / "src" / "a.wav").read_bytes()))
    (folder.root / "src" / "a.wav").write_bytes(as_wav(tone(5.0)))
    assert folder.line("public", LATE).quarantined == {}
    scopes = dict(consents(folder.lake).collect().iter_rows())
    assert scopes.pop(old) == "internal"
    assert set(scopes.values()) == {"public"}


def test_a_copy_in_another_folder_narrows_and_is_rejected(folder: Folder) -> None:
    folder.line("public")
    copy = a_row(recording="again.wav", consent=consent("internal"))
    a_source(folder.root / "second", copy)
    (folder.root / "second" / "again.wav").write_bytes((folder.root / "src/a.wav").read_bytes())
    assert folder.lines(copy, name="second").quarantined == {"duplicate_audio": 1}
    assert folder.scopes() == {"internal"}
    assert folder.line("public", language="ar").quarantined == {}  # it has no wider scope
    assert folder.scopes() == {"internal"}


def test_a_copy_in_another_folder_does_not_widen(folder: Folder) -> None:
    folder.line("internal")
    copy = a_row(recording="again.wav", consent=consent("public", LATE))
    a_source(folder.root / "second", copy)
    (folder.root / "second" / "again.wav").write_bytes((folder.root / "src/a.wav").read_bytes())
    folder.lines(copy, name="second")
    assert folder.scopes() == {"internal"}


@pytest.mark.parametrize("narrowed", ["a.wav", "again.wav"])
@pytest.mark.parametrize("scope", ["withdrawn", "internal"])
def test_a_copy_with_other_tags_narrows_too(folder: Folder, narrowed: str, scope: str) -> None:
    """The copy has other bytes and the same samples."""
    source = a_source(folder.root / "src", a_row())
    sound = (source / "a.wav").read_bytes() + b"LIST" + (4).to_bytes(4, "little") + b"INFO"
    size = (len(sound) - 8).to_bytes(4, "little")
    (source / "again.wav").write_bytes(sound[:4] + size + sound[8:])
    scopes = {"a.wav": "public", "again.wav": "public"}
    for narrower in ({}, {narrowed: scope}):
        scope_items = (scopes | narrower).items()
        report = folder.lines(
            *(a_row(recording=name, consent=consent(one)) for name, one in scope_items)
        )
        assert report.quarantined == {}
    rows = folder.lake.read(Recordings)
    assert rows["recording_id"].n_unique() == 2
    assert rows["pcm_sha256"].n_unique() == 1
    assert consents(folder.lake).collect()["scope"].to_list() == [scope, scope]


@pytest.mark.parametrize("first", ["public", "internal"])
def test_of_two_lines_on_the_same_bytes_the_narrower_scope_applies(
    folder: Folder, first: str
) -> None:
    other = {"public": "internal", "internal": "public"}[first]
    rows = [a_row(consent=consent(first)), a_row(recording="b.wav", consent=consent(other))]
    source = a_source(folder.root / "src", *rows)
    (source / "b.wav").write_bytes((source / "a.wav").read_bytes())
    assert ingest(folder.lake, source).quarantined == {"duplicate_audio": 1}
    assert folder.scopes() == {"internal"}
    assert ingest(folder.lake, source).quarantined == {"duplicate_audio": 1}


def test_a_second_line_on_one_recording_narrows_too(folder: Folder) -> None:
    rows = (a_row(), a_row(consent=consent("internal")))
    assert folder.lines(*rows).quarantined == {"invalid_row": 1}
    assert folder.scopes() == {"internal"}


@pytest.mark.parametrize("given", [..., None, {"scope": "none"}, {"scope": "public"}, "public"])
def test_a_line_without_consent_withdraws_it_until_it_is_restored(
    folder: Folder, given: Any
) -> None:
    folder.line("research")
    folder.lines(a_row(consent=given))
    assert folder.scopes() == {"withdrawn"}
    assert folder.line("public").quarantined == {"consent_not_widened": 1}
    assert folder.scopes() == {"withdrawn"}
    assert folder.line("research").quarantined == {}
    assert folder.scopes() == {"research"}


def test_a_withdrawn_recording_is_not_ingested(folder: Folder) -> None:
    assert folder.line("withdrawn").quarantined == {"withdrawn": 1}
    assert folder.lake.read(Recordings).is_empty()
    assert folder.line("public", LATE).written == 1
    assert folder.scopes() == {"public"}


def test_ingest_writes_no_verdicts(folder: Folder) -> None:
    folder.line("public")
    folder.line("withdrawn")
    assert folder.lake.read(Verdicts).is_empty()


def test_consent_is_stored_before_the_recording(folder: Folder) -> None:
    step = Ingest(a_source(folder.root / "src"), name="src", pseudonym_key=KEY)
    step.inputs(folder.lake)
    assert folder.lake.read(Recordings).is_empty()
    assert folder.scopes() == {"public"}
    assert run_step(step, folder.lake).written == 1
    assert folder.lake.scan(Consents).collect().height == 1


def test_the_consent_of_an_older_lake_is_that_of_the_recording(folder: Folder) -> None:
    sha256 = sha256_hex(as_wav(tone(6.0)))
    row = a_recording(recording_id=recording_id(sha256), sha256=sha256, source="src/a.wav")
    rows = frame(Recordings, [row]).with_columns(
        pl.lit({"scope": "internal", "at": EARLY, "statement": "v1"}).alias("consent"),
        written_at=pl.lit("2026-11-01T10:00:00").str.to_datetime(time_unit="us", time_zone="UTC"),
    )
    rows.write_delta(folder.lake.location.table("recordings"))
    assert folder.scopes() == {"internal"}
    assert folder.line("public").quarantined == {"consent_not_widened": 1}
    assert folder.scopes() == {"internal"}
    assert folder.line("internal").written == 1
    assert folder.line("public", LATE).quarantined == {}
    assert folder.scopes() == {"public"}
