from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pytest

from annotate.model.tables import Captions, Images, Recordings, Reviews
from annotate.release.options import ReleaseOptions
from annotate.release.rows import caption_rows, narration_rows, parquet, shards
from annotate.release.select import select
from annotate.store.lake import Lake
from tests.builders import frame
from tests.release_builders import a_lake, edited, put_image

OPTIONS = ReleaseOptions()


def captions(lake: Lake, options: ReleaseOptions = OPTIONS) -> pl.DataFrame:
    selection = select(lake, options)
    return caption_rows(lake, selection, selection.images, options)


def test_a_row_has_its_complete_provenance(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    image = put_image(lake, 1, "a red thing here")
    row = captions(lake).row(0, named=True)
    sha256 = row["image_sha256"]
    assert row["image_id"] == image
    assert row["image_url"] == f"images/{sha256[:2]}/{sha256}.jpg"
    assert row["caption"] == "a red thing here"
    assert row["transcripts"] == ["a red thing here"]
    assert row["word_count"] == 4
    assert row["automatic_review"] is False
    assert row["lineage"][1] == {
        "start_char": 2,
        "end_char": 5,
        "kind": "spoken",
        "recording_id": row["recordings"][0]["recording_id"],
        "word": 1,
        "start_ms": 400,
        "end_ms": 700,
        "x_frac": 0.25,
        "y_frac": 0.75,
    }
    (source,) = row["recordings"]
    assert source["audio"].startswith("audio/")
    assert source["audio"].endswith(".wav")
    assert source["model"] == "test"


def test_the_reviewers_text_is_released(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    put_image(lake, 1, review=edited("Better words"))
    assert captions(lake)["caption"].to_list() == ["Better words"]


def test_excluded_media_have_no_path(tmp_path: Path) -> None:
    row = captions(
        a_lake(tmp_path, 1), ReleaseOptions(include_images=False, include_audio=False)
    ).row(0, named=True)
    assert row["image_url"] is None
    assert row["recordings"][0]["audio"] is None


def test_recordings_are_in_the_captions_order(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for index in (1, 2):
        put_image(lake, index)
    first, second = lake.read(Captions).to_dicts()
    both = [*second["recordings"], *first["recordings"]]
    same_image = lake.read(Recordings).with_columns(image_id=pl.lit(first["image_id"]))
    lake.add(Recordings, same_image)
    lake.append(Captions, frame(Captions, [{**first, "recordings": both}]))
    row = captions(lake).filter(pl.col("image_id") == first["image_id"]).row(0, named=True)
    assert [source["recording_id"] for source in row["recordings"]] == both


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("../../etc/passwd", "passwd"),
        (r"C:\photos\a b.jpg", "a b.jpg"),
        ("<script>.jpg", "_script_.jpg"),
        ("été.jpg", "été.jpg"),
        ("..", "image"),
        ("x" * 300, "x" * 100),
    ],
)
def test_unsafe_image_names_are_sanitized(tmp_path: Path, name: str, plain: str) -> None:
    lake = a_lake(tmp_path, 1)
    row = lake.read(Images).row(0, named=True)
    lake.append(Images, frame(Images, [{**row, "name": name}]))
    assert captions(lake)["image_name"].to_list() == [plain]


def test_narrations_include_their_trace(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, 1)
    selection = select(lake, OPTIONS)
    row = narration_rows(lake, selection, selection.images).row(0, named=True)
    assert [word["text"] for word in row["words"]] == ["a", "red", "thing", "here"]
    assert row["trace"]["points"] == [{"x_frac": 0.25, "y_frac": 0.75, "t_ms": 500}]
    assert row["split"] == selection.images["split"].item()


def test_shards_contain_every_image_once(tmp_path: Path) -> None:
    selection = select(a_lake(tmp_path, 5), OPTIONS)
    parts = list(shards(selection, ReleaseOptions(images_per_file=2)))
    ids = [image for part in parts for image in part.images["image_id"]]
    assert sorted(ids) == sorted(selection.images["image_id"])
    assert len({part.name for part in parts}) == len(parts)
    assert all(part.images.height <= 2 for part in parts)


def test_parquet_is_the_same_for_the_same_rows(tmp_path: Path) -> None:
    rows = captions(a_lake(tmp_path, 3))
    parts = pl.concat([rows.head(1), rows.tail(2)], rechunk=False)
    assert parquet(rows) == parquet(parts)
    assert pl.read_parquet(io.BytesIO(parquet(rows))).equals(rows)


def test_the_newest_review_is_released(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, 1)
    row = lake.read(Reviews).row(0, named=True)
    lake.append(Reviews, frame(Reviews, [{**row, **edited("A second thought")}]))
    assert captions(lake)["caption"].to_list() == ["A second thought"]
