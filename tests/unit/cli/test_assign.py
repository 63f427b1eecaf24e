"""`annotate studio assign` changes what it was told to change, on a stub behind a real port."""

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
    made = StubStudio()
    made.versions[made.project("annotate: record")] = {
        "maximum_annotations": 2,
        "overlap_cohort_percentage": 50,
        "expert_instruction": "Look first.",
    }
    return made


@pytest.fixture
def assign(
    stub: StubStudio, monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> Iterator[Assign]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").write_text("0" * 40)
    with listening(stub) as url:

        def run(*words: str) -> tuple[int, Any]:
            access = ("--url", url, "--token-file", "token", "--json")
            monkeypatch.setattr(sys, "argv", ["annotate", "studio", "assign", *words, *access])
            with pytest.raises(SystemExit) as leaving:
                main()
            return int(leaving.value.code or 0), json.loads(capsys.readouterr().out)

        yield run


def a_picture(path: Path, shade: int = 0) -> str:
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (30, 20), (shade, 90, 90)).save(path)
    return str(path)


def options(stub: StubStudio) -> dict[str, Any]:
    (project,) = stub.projects
    return stub.versions[project]


def test_what_is_not_given_is_not_changed(stub: StubStudio, assign: Assign, tmp_path: Path) -> None:
    before = dict(options(stub))
    code, told = assign(a_picture(tmp_path / "a.png"))
    assert (code, told["tasks"]) == (0, 1)
    assert options(stub) == before
    assert not [one for one in stub.requests if one.startswith("PATCH")]


def test_what_is_given_is_changed(stub: StubStudio, assign: Assign, tmp_path: Path) -> None:
    assign(a_picture(tmp_path / "a.png"), "--per-image", "3")
    assert options(stub)["maximum_annotations"] == 3
    assert options(stub)["expert_instruction"] == "Look first."


def test_nothing_is_changed_when_every_file_is_refused(
    stub: StubStudio, assign: Assign, tmp_path: Path
) -> None:
    before = dict(options(stub))
    (tmp_path / "broken.png").write_bytes(b"nothing")
    code, told = assign(str(tmp_path / "broken.png"), "--per-image", "1")
    assert (code, told["tasks"], told["refused"][0]["reason"]) == (3, 0, "bad_image")
    assert options(stub) == before
    assert not [one for one in stub.requests if not one.startswith("GET")]


def test_images_that_are_there_may_be_given_to_more_people(
    stub: StubStudio, assign: Assign, tmp_path: Path
) -> None:
    picture = a_picture(tmp_path / "a.png")
    assign(picture)
    code, told = assign(picture, "--per-image", "5")
    assert (code, told["there"], told["tasks"]) == (0, 1, 0)
    assert options(stub)["maximum_annotations"] == 5


def test_gold_is_written_into_the_lake_and_nowhere_else(
    stub: StubStudio, assign: Assign, tmp_path: Path
) -> None:
    plain, gold = a_picture(tmp_path / "a.png"), a_picture(tmp_path / "gold" / "g.png", 200)
    (project,) = stub.projects
    old = {"image": "/a", "image_sha256": "b" * 64, "gold": True}
    stub.task(project, old)
    _, told = assign(plain, "--gold", str(tmp_path / "gold"), "--gold-share", "0.5")
    assert (told["tasks"], told["gold"]) == (2, 1)
    assert not any("gold" in task["data"] for task in stub.tasks_of(project))
    remembered = set(Lake(tmp_path / "data" / "lake").read(Gold)["sha256"])
    assert remembered == {"b" * 64, sha256_hex(Path(gold).read_bytes())}
