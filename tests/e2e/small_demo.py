"""A small version of the demo, fast enough to run many times: 12 s of three recordings."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from annotate.model.ids import sha256_hex
from tests.sounds import DEMO, as_wav, spoken

NAMES = ("astronaut-01", "astronaut-02", "cat-01")
LENGTH_MS = 12_000
BROKEN = ("text.webm", "short.webm")


def write_small_demo(root: Path, names: tuple[str, ...] = NAMES) -> Path:
    """Write a folder like the demo's: the first 12 s of some recordings, and two broken inputs."""
    for folder in ("recordings", "traces", "truth", "images"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    shutil.copy(DEMO / "regions.json", root)
    rows = {Path(row["recording"]).stem: row for row in _manifest(DEMO)}
    shortened = []
    for name in names:
        row = rows[name]
        (root / "recordings" / f"{name}.wav").write_bytes(as_wav(spoken(name, 0, LENGTH_MS / 1000)))
        shutil.copy(DEMO / row["image"], root / row["image"])
        _cut_trace(DEMO / row["trace"], root / row["trace"])
        _cut_truth(DEMO / "truth" / f"{name}.json", root / "truth" / f"{name}.json")
        changed = {"recording": f"recordings/{name}.wav", "client_ms": LENGTH_MS, "prompts": []}
        shortened.append({**row, **changed})
    _write_manifest(root, shortened)
    _write_broken(root / "broken")
    return root


def snapshot(lake: Path) -> dict[str, str]:
    """SHA-256 by path of the files in a lake's blobs and releases, not of its tables' files."""
    return {
        str(path.relative_to(lake)): sha256_hex(path.read_bytes())
        for folder in ("blobs", "releases")
        for path in sorted((lake / folder).rglob("*"))
        if path.is_file()
    }


def _write_broken(root: Path) -> None:
    (root / "recordings").mkdir(parents=True, exist_ok=True)
    shutil.copytree(DEMO / "broken" / "images", root / "images", dirs_exist_ok=True)
    shutil.copytree(DEMO / "broken" / "traces", root / "traces", dirs_exist_ok=True)
    rows = [row for row in _manifest(DEMO / "broken") if Path(row["recording"]).name in BROKEN]
    for row in rows:
        shutil.copy(DEMO / "broken" / row["recording"], root / row["recording"])
    _write_manifest(root, rows)
    expected = json.loads((DEMO / "broken" / "expected.json").read_text())
    remaining = {name: reason for name, reason in expected.items() if name in BROKEN}
    (root / "expected.json").write_text(json.dumps(remaining))


def _manifest(folder: Path) -> list[dict[str, Any]]:
    rows = []
    for line in (folder / "manifest.jsonl").read_text().splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue  # one line of the broken inputs is broken itself
    return rows


def _write_manifest(root: Path, rows: list[dict[str, Any]]) -> None:
    (root / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def _cut_trace(source: Path, target: Path) -> None:
    trace = json.loads(source.read_text())
    segments = [[one for one in path if one["t_ms"] < LENGTH_MS] for path in trace["segments"]]
    points = [one for one in trace["points"] if one["t_ms"] < LENGTH_MS]
    target.write_text(json.dumps({"segments": segments, "points": points}))


def _cut_truth(source: Path, target: Path) -> None:
    truth = json.loads(source.read_text())
    early = {
        key: [one for one in truth[key] if one["end_ms"] <= LENGTH_MS]
        for key in ("words", "mentions")
    }
    target.write_text(json.dumps(early))
