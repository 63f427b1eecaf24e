"""Ingestion of a folder: valid items are stored, others are rejected with a reason."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image
from pydantic import SecretStr

from annotate.execution.runner import run_step
from annotate.ingest.step import Ingest
from annotate.media.audio import AudioBounds
from annotate.model.errors import AnnotateError
from annotate.model.ids import recording_id, sha256_hex
from annotate.model.report import StepReport
from annotate.model.tables import BOOKKEEPING, Consents, Images, Quarantine, Recordings, Traces
from annotate.store.lake import Lake, content
from annotate.store.pseudonyms import Pseudonyms
from tests import pictures
from tests.sounds import as_wav, encoded, tone

KEY = SecretStr("tests")
CONSENT = {"scope": "public", "at": "2026-11-01T09:00:00Z", "statement": "test-v1"}


def a_source(root: Path, *rows: dict[str, Any] | str) -> Path:
    """A folder with one image and a manifest of these rows, or of one valid row."""
    root.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 30), "teal").save(root / "cat.jpg")
    if not (root / "a.wav").exists():
        (root / "a.wav").write_bytes(as_wav(tone(6.0)))
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows or (a_row(),)]
    (root / "manifest.jsonl").write_text("\n".join(lines) + "\n")
    return root


def a_row(**over: Any) -> dict[str, Any]:
    row = {"recording": "a.wav", "image": "cat.jpg", "annotator": "ann-01", "consent": CONSENT}
    return {key: value for key, value in {**row, **over}.items() if value is not ...}


def ingest(lake: Lake, source: Path, bounds: AudioBounds | None = None) -> StepReport:
    return run_step(Ingest(source, bounds, name=source.name, pseudonym_key=KEY), lake)


def pseudonym(name: str) -> str:
    return Pseudonyms(Lake("nowhere"), KEY.get_secret_value()).of(name)


def rejected(lake: Lake) -> dict[str, str]:
    return dict(lake.quarantined().select("item", "reason").iter_rows())


def test_a_valid_recording_is_stored_unchanged_with_its_measurements(tmp_path: Path) -> None:
    lake, source = Lake(tmp_path / "lake"), a_source(tmp_path / "src", a_row(client_ms=6010))
    report = ingest(lake, source)
    assert (report.written, report.audio_seconds) == (1, 6.0)
    row = lake.read(Recordings).row(0, named=True)
    audio = (source / "a.wav").read_bytes()
    assert row["recording_id"] == recording_id(sha256_hex(audio))
    assert lake.blobs.get(row["blob"]) == audio
    assert (row["container"], row["duration_ms"], row["client_ms"]) == ("wav", 6000, 6010)
    assert row["source"] == "src/a.wav"
    (consent,) = lake.read(Consents).drop(BOOKKEEPING).to_dicts()
    key = {
        "recording_id": row["recording_id"],
        "source": "src",
        "annotator_id": pseudonym("ann-01"),
    }
    assert consent == {**key, **CONSENT}
    image = lake.read(Images).row(0, named=True)
    assert row["image_id"] == image["image_id"]
    assert (image["width"], image["height"], image["media_type"]) == (40, 30, "image/jpeg")


def test_a_trace_is_ingested_with_its_recording(tmp_path: Path) -> None:
    source = a_source(tmp_path / "src", a_row(trace="t.json"))
    point = {"x_frac": 0.5, "y_frac": 0.25, "t_ms": 100}
    (source / "t.json").write_text(json.dumps({"segments": [[point]], "points": [point]}))
    lake = Lake(tmp_path / "lake")
    ingest(lake, source)
    row = lake.read(Traces).row(0, named=True)
    assert (row["segments"], row["points"]) == ([[point]], [point])


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"consent": ...}, "no_consent"),
        ({"recording": "missing.webm"}, "missing_audio"),
        ({"image": "missing.jpg"}, "unknown_image"),
        ({"image": "a.wav"}, "bad_image"),
        ({"trace": "missing.json"}, "missing_trace"),
        ({"trace": "a.wav"}, "invalid_trace"),
        ({"recording": "../../etc/passwd"}, "bad_path"),
        ({"recording": "/etc/passwd"}, "bad_path"),
        ({"recording": "a\0b.webm"}, "bad_path"),
        ({"image": "../secret.jpg"}, "bad_path"),
        ({"recording": "cat.jpg"}, "not_audio"),
    ],
)
def test_each_error_has_its_reason(tmp_path: Path, over: dict[str, Any], reason: str) -> None:
    lake = Lake(tmp_path / "lake")
    report = ingest(lake, a_source(tmp_path / "src", a_row(**over)))
    assert report.quarantined == {reason: 1}
    assert lake.read(Recordings).is_empty()


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "{}",
        '["a.wav"]',
        json.dumps({**a_row(), "surprise": 1}),
        json.dumps(a_row(annotator="a name with spaces")),
        json.dumps(a_row(client_ms=-1)),
    ],
)
def test_an_unreadable_line_is_identified_by_its_number(tmp_path: Path, line: str) -> None:
    lake = Lake(tmp_path / "lake")
    report = ingest(lake, a_source(tmp_path / "src", a_row(), line))
    assert report.written == 1
    assert rejected(lake) == {"src/manifest.jsonl:2": "invalid_row"}


def details(lake: Lake) -> dict[str, str]:
    return dict(lake.quarantined().select("item", "detail").iter_rows())


def test_the_detail_of_an_unreadable_line_has_file_line_cause_and_remedy(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    ingest(lake, a_source(tmp_path / "src", a_row(), json.dumps(a_row())[:-1] + ",}"))
    (detail,) = details(lake).values()
    assert detail.startswith("line 2 of manifest.jsonl: a comma stands before the } at character")
    assert detail.endswith("take it out")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_manifest_with_a_byte_order_mark_is_read(tmp_path: Path, encoding: str) -> None:
    source = a_source(tmp_path / "src")
    text = (source / "manifest.jsonl").read_text()
    (source / "manifest.jsonl").write_bytes(text.encode(encoding))
    assert ingest(Lake(tmp_path / "lake"), source).written == 1


def test_a_corrected_line_leaves_the_quarantine(tmp_path: Path) -> None:
    lake, source = Lake(tmp_path / "lake"), tmp_path / "src"
    ingest(lake, a_source(source, "broken line", a_row()))
    assert list(rejected(lake).values()) == ["invalid_row"]
    (source / "b.wav").write_bytes(as_wav(tone(5.0)))
    ingest(lake, a_source(source, a_row(recording="b.wav"), a_row()))
    assert rejected(lake) == {}
    assert lake.read(Recordings).height == 2


def test_rejections_follow_lines_that_are_moved_renamed_or_deleted(tmp_path: Path) -> None:
    lake, source = Lake(tmp_path / "lake"), tmp_path / "src"
    ingest(lake, a_source(source, a_row(), "broken line", a_row(recording="gone.wav")))
    assert sorted(rejected(lake).values()) == ["invalid_row", "missing_audio"]
    ingest(lake, a_source(source, a_row(recording="lost.wav"), a_row(), "broken line"))
    by_name = {name.rpartition("/")[2]: reason for name, reason in rejected(lake).items()}
    assert by_name == {"manifest.jsonl:3": "invalid_row", "lost.wav": "missing_audio"}
    ingest(lake, a_source(source, a_row()))
    assert rejected(lake) == {}
    report = ingest(lake, a_source(source, a_row(), "broken line"))
    assert report.quarantined == {"invalid_row": 1}  # a restored line is rejected again


def test_rejections_of_other_sources_and_steps_stay(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    ingest(lake, a_source(tmp_path / "other", "broken line"))
    row = {"step": "check", "item": "src/other", "reason": "odd", "detail": "", "step_key": "x"}
    lake.append(Quarantine, pl.DataFrame([row]))
    ingest(lake, a_source(tmp_path / "src"))
    assert sorted(rejected(lake).values()) == ["invalid_row", "odd"]


@pytest.mark.parametrize(
    "name",
    [
        "photo #3.jpg",
        "what? now.jpg",
        "100%20.jpg",
        "http:__x#y.jpg",
        "صورة قطة.jpg",
        "\u202egpj.tac.jpg",
        "two\nlines.jpg",
        "a\\b.jpg",
        ".hidden.jpg",
        " blanks .jpg",
        "n" * 240 + ".jpg",
        "😀.jpg",
    ],
)
def test_an_image_keeps_its_name(tmp_path: Path, name: str) -> None:
    source = a_source(tmp_path / "src", a_row(image=f"shots/{name}"))
    (source / "shots").mkdir()
    (source / "cat.jpg").rename(source / "shots" / name)
    lake = Lake(tmp_path / "lake")
    assert ingest(lake, source).written == 1
    assert lake.read(Images)["name"].to_list() == [name]


def test_the_detail_of_a_rejected_image_has_the_cause_and_the_remedy(tmp_path: Path) -> None:
    source = a_source(tmp_path / "src", a_row(image="moving.png"))
    (source / "moving.png").write_bytes(pictures.animated("PNG"))
    lake = Lake(tmp_path / "lake")
    assert ingest(lake, source).quarantined == {"animated_image": 1}
    assert list(details(lake).values()) == [
        "moving.png: an animated PNG (APNG): save one of its pictures alone"
    ]


def test_a_phones_image_of_two_pictures_is_rotated_and_cleaned(tmp_path: Path) -> None:
    lake, source = Lake(tmp_path / "lake"), a_source(tmp_path / "src")
    original = pictures.planted_jpeg(6) + pictures.two_pictures()
    (source / "cat.jpg").write_bytes(original)
    assert ingest(lake, source).written == 1
    row = lake.read(Images).row(0, named=True)
    assert (row["width"], row["height"]) == (32, 48)
    assert lake.blobs.get(row["blob"]) == original
    clean = lake.blobs.get(row["clean_blob"])
    assert (row["clean_sha256"], row["clean_bytes"]) == (sha256_hex(clean), len(clean))
    assert not any(secret in clean for secret in pictures.SECRETS)


def test_a_link_out_of_the_folder_is_a_bad_path(tmp_path: Path) -> None:
    (tmp_path / "secret.wav").write_bytes(as_wav(tone(6.0)))
    source = a_source(tmp_path / "src", a_row(recording="link.wav"))
    (source / "link.wav").symlink_to(tmp_path / "secret.wav")
    lake = Lake(tmp_path / "lake")
    ingest(lake, source)
    assert rejected(lake) == {"src/link.wav": "bad_path"}


def test_the_same_bytes_under_another_name_are_rejected(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    first = a_source(tmp_path / "first")
    ingest(lake, first)
    second = a_source(tmp_path / "second", a_row(recording="again.wav"))
    (second / "again.wav").write_bytes((first / "a.wav").read_bytes())
    ingest(lake, second)
    ingest(lake, first)  # the recording stays with the first source
    assert rejected(lake) == {"second/again.wav": "duplicate_audio"}
    assert lake.read(Recordings)["source"].to_list() == ["first/a.wav"]


def test_one_recording_on_two_lines_is_rejected_the_second_time(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    ingest(lake, a_source(tmp_path / "src", a_row(), a_row(annotator="ann-02")))
    assert rejected(lake) == {"src/manifest.jsonl:2": "invalid_row"}


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    lake, source = Lake(tmp_path / "lake"), a_source(tmp_path / "src", a_row(), "broken line")
    ingest(lake, source)
    before = content(lake, Recordings)
    second = ingest(lake, source)
    assert (second.written, second.reused, second.quarantined) == (0, 1, {"invalid_row": 1})
    assert content(lake, Recordings) == before


def test_a_changed_line_is_ingested_again(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    ingest(lake, a_source(tmp_path / "src"))
    ingest(lake, a_source(tmp_path / "src", a_row(annotator="ann-02")))
    assert lake.read(Recordings)["annotator_id"].to_list() == [pseudonym("ann-02")]


def test_a_corrected_file_leaves_the_quarantine(tmp_path: Path) -> None:
    lake, source = Lake(tmp_path / "lake"), a_source(tmp_path / "src", a_row(recording="b.webm"))
    (source / "b.webm").write_bytes(b"")
    ingest(lake, source)
    assert rejected(lake) == {"src/b.webm": "empty_file"}
    (source / "b.webm").write_bytes(encoded(tone(6.0), "webm", "libopus"))
    assert ingest(lake, source).written == 1
    assert rejected(lake) == {}


def test_changed_bounds_are_applied_to_rejected_recordings(tmp_path: Path) -> None:
    lake, source = Lake(tmp_path / "lake"), a_source(tmp_path / "src")
    assert ingest(lake, source, AudioBounds(max_seconds=5)).quarantined == {"too_long": 1}
    assert ingest(lake, source).written == 1
    assert ingest(Lake(tmp_path / "b"), source, AudioBounds(max_bytes=99)).quarantined == {
        "too_large": 1
    }


def test_a_source_without_a_manifest_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match=r"manifest\.jsonl"):
        ingest(Lake(tmp_path / "lake"), tmp_path)
