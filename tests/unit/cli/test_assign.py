"""`annotate studio assign` changes only the given options. The server is a stub on a real port."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from annotate.cli import main
from annotate.model.ids import sha256_hex
from annotate.model.tables import Gold
from annotate.store.lake import Lake
from tests.unit.label_studio.listening import listening
from tests.unit.label_studio.stub import StubStudio

Assign = Callable[..., tuple[int, Any]]


@pytest.fixture
def stub() -> StubStudio:
    server = StubStudio()
    server.versions[server.project("annotate: record")] = {
        "maximum_annotations": 2,
        "overlap_cohort_percentage": 50,
        "expert_instruction": "Look first.",
    }
    return server


@pytest.fixture
def assign(
    stub: StubStudio, monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> Iterator[Assign]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").write_text("0" * 40)
    with listening(stub) as url:

        def run(*arguments: str) -> tuple[int, Any]:
            access = ("--url", url, "--token-file", "token", "--json")
            monkeypatch.setattr(sys, "argv", ["annotate", "studio", "assign", *arguments, *access])
            with pytest.raises(SystemExit) as exit_:
                main()
            return int(exit_.value.code or 0), json.loads(capsys.readouterr().out)

        yield run


def a_picture(path: Path, shade: int = 0) -> str:
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (30, 20), (shade, 90, 90)).save(path)
    return str(path)


def options(stub: StubStudio) -> dict[str, Any]:
    (project,) = stub.projects
    return stub.versions[project]


def test_options_not_given_are_unchanged(stub: StubStudio, assign: Assign, tmp_path: Path) -> None:
    before = dict(options(stub))
    code, report = assign(a_picture(tmp_path / "a.png"))
    assert (code, report["tasks"]) == (0, 1)
    assert options(stub) == before
    assert not [one for one in stub.requests if one.startswith("PATCH")]


def test_a_given_option_is_changed(stub: StubStudio, assign: Assign, tmp_path: Path) -> None:
    assign(a_picture(tmp_path / "a.png"), "--per-image", "3")
    assert options(stub)["maximum_annotations"] == 3
    assert options(stub)["expert_instruction"] == "Look first."


def test_nothing_is_changed_if_every_file_is_rejected(
    stub: StubStudio, assign: Assign, tmp_path: Path
) -> None:
    before = dict(options(stub))
    (tmp_path / "broken.png").write_bytes(b"nothing")
    code, report = assign(str(tmp_path / "broken.png"), "--per-image", "1")
    assert (code, report["tasks"], report["refused"][0]["reason"]) == (3, 0, "bad_image")
    assert options(stub) == before
    assert not [one for one in stub.requests if not one.startswith("GET")]


def test_the_number_of_annotators_of_assigned_images_can_be_raised(
    stub: StubStudio, assign: Assign, tmp_path: Path
) -> None:
    picture = a_picture(tmp_path / "a.png")
    assign(picture)
    code, report = assign(picture, "--per-image", "5")
    assert (code, report["there"], report["tasks"]) == (0, 1, 0)
    assert options(stub)["maximum_annotations"] == 5


def test_gold_is_stored_only_in_the_lake(stub: StubStudio, assign: Assign, tmp_path: Path) -> None:
    plain, gold = a_picture(tmp_path / "a.png"), a_picture(tmp_path / "gold" / "g.png", 200)
    (project,) = stub.projects
    old = {"image": "/a", "image_sha256": "b" * 64, "gold": True}
    stub.task(project, old)
    _, report = assign(plain, "--gold", str(tmp_path / "gold"), "--gold-share", "0.5")
    assert (report["tasks"], report["gold"]) == (2, 1)
    assert not any("gold" in task["data"] for task in stub.tasks_of(project))
    stored = set(Lake(tmp_path / "data" / "lake").read(Gold)["sha256"])
    assert stored == {"b" * 64, sha256_hex(Path(gold).read_bytes())}
