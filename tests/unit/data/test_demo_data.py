"""The demo's data has the properties stated in data/demo/README.md."""

import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

DEMO = Path(__file__).parents[3] / "data" / "demo"
BROKEN = DEMO / "broken"
ROW_KEYS = {
    "recording",
    "image",
    "annotator",
    "trace",
    "prompts",
    "client_ms",
    "language",
    "consent",
    "recorded_at",
    "synthetic_voice",
}
CHECKS = {"glance", "objects", "text", "places", "details", "background", "style"}


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def read_truth(name: str) -> Any:
    return read_json(DEMO / "truth" / f"{name}.json")


def read_regions(row: dict[str, Any]) -> dict[str, Any]:
    return {region["name"]: region for region in REGIONS[Path(row["image"]).name]}


ROWS = [json.loads(line) for line in (DEMO / "manifest.jsonl").read_text().splitlines()]
REGIONS = read_json(DEMO / "regions.json")
EXPECTED = read_json(BROKEN / "expected.json")
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: Path(row["trace"]).stem)


def name_of(row: dict[str, Any]) -> str:
    return Path(row["trace"]).stem


def test_there_are_enough_recordings_and_images() -> None:
    assert len(ROWS) >= 20
    assert len({row["recording"] for row in ROWS}) == len(ROWS)
    assert len({row["image"] for row in ROWS}) >= 8
    assert {Path(row["recording"]).suffix for row in ROWS} == {".webm", ".ogg", ".m4a", ".wav"}


def test_the_files_are_small() -> None:
    files = [path for path in DEMO.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 25_000_000
    assert sum(path.stat().st_size for path in BROKEN.rglob("*") if path.is_file()) < 1_500_000


def test_every_file_belongs_to_a_narration() -> None:
    narrations = {path.stem for path in (DEMO / "narrations").iterdir()}
    for folder in ("recordings", "truth", "traces"):
        assert {path.stem for path in (DEMO / folder).iterdir()} == narrations
    assert {name_of(row) for row in ROWS} == narrations
    assert {path.name for path in (DEMO / "images").glob("*.jpg")} == set(REGIONS)


def test_every_image_has_a_source() -> None:
    sources = (DEMO / "images" / "SOURCES.md").read_text(encoding="utf-8")
    for path in (DEMO / "images").glob("*.jpg"):
        assert f"`{path.name}`" in sources
        with Image.open(path) as image:
            assert max(image.size) <= 1024


@each_row
def test_row_is_complete(row: dict[str, Any]) -> None:
    assert set(row) == ROW_KEYS
    for key in ("recording", "image", "trace"):
        assert (DEMO / row[key]).is_file()
    assert row["synthetic_voice"] is True
    assert {prompt["question"] for prompt in row["prompts"]} == CHECKS
    times = [prompt["t_ms"] for prompt in row["prompts"]]
    assert times == sorted(times)
    assert 0 <= times[0] <= times[-1] < row["client_ms"]


@each_row
def test_words_follow_one_another(row: dict[str, Any]) -> None:
    truth = read_truth(name_of(row))
    end_ms = 0
    for word in truth["words"]:
        assert end_ms <= word["start_ms"] < word["end_ms"]
        end_ms = word["end_ms"]
    assert 60_000 <= row["client_ms"] <= 90_000
    assert row["client_ms"] - 1_200 <= end_ms <= row["client_ms"] + 150
    spoken = [word.strip(".,;:?!").lower() for word in truth["text"].split()]
    assert [word["word"] for word in truth["words"]] == spoken


@each_row
def test_mentions_refer_to_existing_regions(row: dict[str, Any]) -> None:
    truth = read_truth(name_of(row))
    regions = read_regions(row)
    starts = {word["start_ms"] for word in truth["words"]}
    ends = {word["end_ms"] for word in truth["words"]}
    assert len(truth["mentions"]) >= 8
    for mention in truth["mentions"]:
        assert mention["text"] in regions[mention["region"]]["aliases"]
        assert mention["start_ms"] in starts
        assert mention["end_ms"] in ends


@pytest.mark.parametrize("image", sorted(REGIONS))
def test_boxes_lie_on_the_image(image: str) -> None:
    names = [region["name"] for region in REGIONS[image]]
    assert len(set(names)) == len(names) >= 5
    for region in REGIONS[image]:
        x0, y0, x1, y1 = region["box"]
        assert 0 <= x0 < x1 <= 1
        assert 0 <= y0 < y1 <= 1


@each_row
def test_the_times_of_a_trace_increase(row: dict[str, Any]) -> None:
    trace = read_json(DEMO / row["trace"])
    points = [point for segment in trace["segments"] for point in segment]
    times = [point["t_ms"] for point in points]
    assert all(earlier < later for earlier, later in pairwise(times))
    assert times[-1] <= row["client_ms"] + 150
    for point in points + trace["points"]:
        assert 0 <= point["x_frac"] <= 1
        assert 0 <= point["y_frac"] <= 1


def test_the_pointer_is_usually_in_the_mentioned_region() -> None:
    share = [
        is_pointed_at(mention, read_json(DEMO / row["trace"]), read_regions(row))
        for row in ROWS
        for mention in read_truth(name_of(row))["mentions"]
    ]
    assert 0.90 < sum(share) / len(share) < 0.99


def is_pointed_at(mention: Any, trace: Any, regions: Any) -> bool:
    """Whether the pointer was in the mentioned box for at least half of the time of its words."""
    x0, y0, x1, y1 = regions[mention["region"]]["box"]
    inside = [
        x0 <= point["x_frac"] <= x1 and y0 <= point["y_frac"] <= y1
        for segment in trace["segments"]
        for point in segment
        if mention["start_ms"] + 150 <= point["t_ms"] <= mention["end_ms"] + 300
    ]
    return 2 * sum(map(bool, inside)) >= max(1, len(inside))


def test_the_vocabulary_is_small_and_of_plain_words() -> None:
    words = {word["word"] for row in ROWS for word in read_truth(name_of(row))["words"]}
    assert len(words) <= 1500
    assert all(re.fullmatch("[a-z]+('[a-z]+)?", word) for word in words)


def test_every_broken_input_has_an_expected_rejection() -> None:
    keys = set()
    for number, line in enumerate((BROKEN / "manifest.jsonl").read_text().splitlines(), start=1):
        try:
            recording = json.loads(line)["recording"]
        except json.JSONDecodeError:
            keys.add(f"manifest.jsonl:{number}")
            continue
        keys.add(recording.removeprefix("recordings/"))
    assert keys == set(EXPECTED)
    assert {path.name for path in (BROKEN / "recordings").iterdir()} <= keys


def test_repeat_is_a_copy_of_the_first_recording() -> None:
    first = (DEMO / ROWS[0]["recording"]).read_bytes()
    assert (BROKEN / "recordings" / "repeat.webm").read_bytes() == first
    image = Path(ROWS[0]["image"])
    assert (BROKEN / image).read_bytes() == (DEMO / image).read_bytes()


def test_generating_a_narration_is_deterministic(tmp_path: Path) -> None:
    make = str(DEMO.parents[1] / "tools" / "demo_data")
    command = [sys.executable, make, "--only", "coffee-03", "--output", str(tmp_path)]
    subprocess.run(command, check=True, timeout=120)
    for file in ("truth/coffee-03.json", "traces/coffee-03.json"):
        assert (tmp_path / file).read_bytes() == (DEMO / file).read_bytes()
