"""Progress and pay per annotator, with numbers that can be calculated by hand."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import polars as pl
import pytest

from annotate.cli import main
from annotate.model.tables import (
    Captions,
    Consents,
    Gold,
    Recordings,
    Reviews,
    Submissions,
    Verdicts,
    content_frame,
)
from annotate.review.report import report, total
from annotate.store.lake import Lake
from tests.builders import a_consent, a_recording, a_verdict, frame, img, lake_with, rec, sha

PROJECT = "label-studio/studio.test/1"


def cap(name: str) -> str:
    return f"cap_{name * 16}"


def a_caption(name: str, *recordings: str) -> dict[str, object]:
    ids = [rec(one) for one in recordings]
    row = {"image_id": img(name), "caption_id": cap(name), "text": "a boat", "lineage": []}
    return {**row, "recordings": ids}


def a_review(name: str, decision: str, **over: object) -> dict[str, object]:
    return {
        **{"caption_id": cap(name), "image_id": img(name), "decision": decision},
        **{"reviewer": "ls-9", "automatic": False, "seconds": 10.0, "reasons": []},
        **{"text": "a boat", "lineage": [], "step_key": decision, **over},
    }


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Ann spoke for a minute of each of three images, Bea for half a minute of one of them."""
    over = {"recorded_at": "2026-11-03T23:59:00Z"}
    recordings = [
        a_recording("a", image_id=img("a"), duration_ms=60_000, recorded_at="2026-11-01T09:00:00Z"),
        a_recording("b", image_id=img("b"), duration_ms=60_000, **over),
        a_recording("c", image_id=img("c"), duration_ms=60_000, **over),
        a_recording(
            "d",
            image_id=img("a"),
            duration_ms=30_000,
            annotator_id="ann-02",
            source=f"{PROJECT}/7",
            **over,
        ),
        a_recording("w", image_id=img("c"), duration_ms=90_000, **over),
    ]
    lake = lake_with(
        tmp_path / "lake",
        {
            Recordings: recordings,
            Consents: [*map(a_consent, "abcd"), a_consent("w", "withdrawn")],
            Verdicts: [*map(a_verdict, "abdw"), a_verdict("c", "reject")],
            Captions: [a_caption("a", "a", "d"), a_caption("b", "b")],
            Reviews: [a_review("a", "reject"), a_review("b", "accept", automatic=True)],
            Gold: [{"image_id": img("a"), "sha256": sha("a")}],
        },
    )
    lake.append(Reviews, frame(Reviews, [a_review("a", "fix")]))
    described = json.dumps({"annotator": "ls-5"})
    submission = {
        **{"source": f"{PROJECT}/7", "place": PROJECT, "task": 1, "withdrawn": False},
        **{"updated_at": "2026-11-03T00:00:00Z", "described": described},
    }
    row = pl.DataFrame([submission]).with_columns(
        pl.col("updated_at").str.to_datetime(time_unit="us", time_zone="UTC")
    )
    rows = content_frame(Submissions, row.to_dicts()).with_columns(step_key=pl.lit("x"))
    lake.add(Submissions, rows)
    return lake


def test_recordings_and_their_reviews_are_counted_per_annotator(lake: Lake) -> None:
    ann, bea = report(lake)
    assert (ann["recordings"], ann["minutes"], ann["usable_minutes"]) == (3, 3.0, 2.0)
    assert (ann["accepted"], ann["fixed"], ann["rejected"], ann["undecided"]) == (0, 1, 0, 2)
    assert (ann["gold_accepted"], ann["gold_decided"]) == (1, 1)
    assert (ann["first_day"], ann["last_day"]) == ("2026-11-01", "2026-11-03")
    assert (ann["account"], bea["account"]) == ("", "ls-5")
    assert (bea["recordings"], bea["minutes"], bea["fixed"]) == (1, 0.5, 1)
    assert "pay" not in ann


def test_pay_is_per_minute_or_per_recording(lake: Lake) -> None:
    assert [row["pay"] for row in report(lake, 0.5)] == [1.0, 0.25]
    assert [row["pay"] for row in report(lake, 2.0, "recording")] == [2.0, 2.0]


def test_totals(lake: Lake) -> None:
    found = total(report(lake, 0.5))
    assert (found["recordings"], found["minutes"], found["pay"]) == (4, 3.5, 1.25)
    assert (found["first_day"], found["last_day"]) == ("2026-11-01", "2026-11-03")


def annotate(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["annotate", "studio", "report", *arguments])
    with pytest.raises(SystemExit) as exit_:
        main()
    return int(exit_.value.code or 0)


def test_the_command_prints_the_report_and_writes_a_table(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "pay.csv"
    arguments = ("--lake", lake.root, "--rate", "0.5", "--csv", str(file))
    assert annotate(monkeypatch, *arguments) == 0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 4
    assert shown[-1].startswith("all")
    with file.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["pay"] for row in rows] == ["1.0", "0.25"]
    assert annotate(monkeypatch, *arguments, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert [row["account"] for row in printed["annotators"]] == ["", "ls-5"]


def test_a_file_that_cannot_be_written_is_named(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert annotate(monkeypatch, "--lake", lake.root, "--csv", "/proc/pay.csv") == 2
    assert "/proc/pay.csv" in capsys.readouterr().err


def test_without_recordings_the_report_is_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Lake(tmp_path).blobs.put("audio", b"x", "webm")
    assert annotate(monkeypatch, "--lake", str(tmp_path)) == 0
    assert "no recordings yet" in capsys.readouterr().out
