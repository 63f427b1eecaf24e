"""Each image becomes one task, gold images are mixed in evenly, broken ones are reported."""

import json
import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.label_studio import assign as assigning
from annotate.label_studio.assign import Image
from annotate.model.errors import AnnotateError, RejectedError
from annotate.model.ids import sha256_hex


class ProjectStub:
    """A stub of a project, in memory; the upload with the index `fail_at` fails."""

    def __init__(self) -> None:
        self.tasks: list[dict[str, Any]] = []
        self.changed: list[int] = []
        self.chunks: list[int] = []
        self.uploads = 0
        self.files: list[bytes] = []
        self.fail_at: int | None = None

    def task_data(self) -> dict[int, dict[str, Any]]:
        return dict(enumerate(self.tasks))

    def change_task(self, task: int, data: Any) -> None:
        self.changed.append(task)
        self.tasks[task] = dict(data)

    def upload(self, project: int, name: str, data: bytes) -> str:
        if self.uploads == self.fail_at:
            raise AnnotateError("the server went away")
        self.uploads += 1
        self.files.append(data)
        return f"/data/upload/{project}/{name}"

    def import_tasks(self, project: int, tasks: Any) -> int:
        self.chunks.append(len(tasks))
        self.tasks += [task["data"] for task in tasks]
        return len(tasks)


@dataclass(frozen=True)
class Opened:
    clean: bytes
    suffix: str = "jpg"


def opened(data: bytes) -> Opened:
    if data.startswith(b"broken"):
        raise RejectedError("bad_image", "not a picture")
    return Opened(data.removesuffix(b"+GPS"))


def files(folder: Path, *names: str) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.jpg").write_bytes(name.encode())
    return [folder / f"{name}.jpg" for name in names]


def assign(project: ProjectStub, plain: list[Path], gold: list[Path] = [], share: float = 0.0):  # noqa: B006
    plain_images, gold_images = (
        assigning.read(paths, gold=is_gold)[0] for paths, is_gold in ((plain, 0), (gold, 1))
    )
    return assigning.assign(
        project, 7, project.task_data(), plain_images, gold_images, share, opened
    )


def image(name: str, gold: bool = False) -> Image:
    return Image(path=Path(name), sha256=sha256_hex(name.encode()), gold=gold)


def test_the_clean_copy_is_assigned_once(tmp_path):
    (photo,) = files(tmp_path, "cat")
    photo.write_bytes(b"cat+GPS")
    project = ProjectStub()
    assign(project, [photo])
    (task,) = project.tasks
    assert project.files == [b"cat"]
    assert task["image_sha256"] == sha256_hex(b"cat")
    assert task["original_sha256"] == sha256_hex(b"cat+GPS")
    second = assign(project, [photo])
    assert (second.tasks, second.existing, len(project.tasks)) == (0, 1, 1)


def test_an_image_assigned_before_clean_copies_is_not_assigned_again(tmp_path):
    """Projects of version 0.1 contain the original files, and tasks with their hashes."""
    (photo,) = files(tmp_path, "cat")
    photo.write_bytes(b"cat+GPS")
    project = ProjectStub()
    project.tasks = [{"image": "/data/a.jpg", "image_sha256": sha256_hex(b"cat+GPS")}]
    assert assign(project, [photo]).existing == 1
    assert len(project.tasks) == 1


def test_gold_images_are_identified_by_their_clean_copies(tmp_path):
    paths = files(tmp_path, "cat", "broken")
    paths[0].write_bytes(b"cat+GPS")
    images, _ = assigning.read(paths, gold=True)
    assert assigning.clean_hashes(images, opened) == {sha256_hex(b"cat")}


@pytest.mark.parametrize(
    ("stored", "name"),
    [
        (b"photo #3.jpg", "photo #3.jpg"),
        (b"what? now.jpg", "what? now.jpg"),
        (b"100%20.jpg", "100%20.jpg"),
        ("صورة.jpg".encode(), "صورة.jpg"),
        (b"caf\xe9.jpg", "caf\ufffd.jpg"),
    ],
)
def test_bytes_of_a_name_that_are_no_text_are_replaced(tmp_path, stored, name):
    path = tmp_path / os.fsdecode(stored)
    path.write_bytes(b"cat")
    project = ProjectStub()
    assign(project, [path])
    (task,) = project.tasks
    assert task["name"] == name
    json.dumps(task, ensure_ascii=False).encode()


def test_a_task_has_the_path_name_and_hash_of_the_image(tmp_path):
    project = ProjectStub()
    done = assign(project, files(tmp_path, "cat"))
    sha256 = sha256_hex(b"cat")
    assert project.tasks == [
        {
            "image": f"/data/upload/7/{sha256[:16]}.jpg",
            "name": "cat.jpg",
            "image_sha256": sha256,
        }
    ]
    assert (done.tasks, done.existing, done.rejected) == (1, 0, [])


def test_a_second_run_creates_no_task(tmp_path):
    project, paths = ProjectStub(), files(tmp_path, "a", "b", "c", "d")
    gold = files(tmp_path / "gold", "g1", "g2")
    assert assign(project, paths, gold, 0.2).tasks == 5
    second = assign(project, paths, gold, 0.2)
    assert (second.tasks, second.existing) == (0, 4)
    assert len(project.tasks) == 5


def test_the_same_content_is_assigned_once(tmp_path):
    (tmp_path / "copy.jpg").write_bytes(b"a")
    project = ProjectStub()
    assign(project, [*files(tmp_path, "a"), tmp_path / "copy.jpg"])
    assert [task["name"] for task in project.tasks] == ["a.jpg"]


def test_a_gold_image_is_assigned_once_and_its_task_has_no_mark(tmp_path):
    project = ProjectStub()
    done = assign(project, files(tmp_path, "a", "b"), files(tmp_path / "gold", "a"), 0.5)
    assert (done.tasks, done.gold) == (2, 1)
    assert sorted(task["name"] for task in project.tasks) == ["a.jpg", "b.jpg"]
    assert {frozenset(task) for task in project.tasks} == {
        frozenset({"image", "name", "image_sha256"})
    }


def test_gold_marks_of_older_versions_are_removed(tmp_path):
    project = ProjectStub()
    assign(project, files(tmp_path, "a", "b", "c"))
    project.tasks[0]["gold"], project.tasks[1]["gold"] = True, False
    before = project.task_data()
    assert assigning.marked_gold(before) == {sha256_hex(b"a")}
    assert assigning.hide_gold(project, before) == 2
    assert project.changed == [0, 1]
    assert not any("gold" in task for task in project.tasks)
    assert assigning.hide_gold(project, project.task_data()) == 0


@pytest.mark.parametrize("sha256", [None, 7, "x", "A" * 64, ["a" * 64]])
def test_a_gold_mark_without_a_hash_is_ignored(sha256):
    assert assigning.marked_gold({1: {"gold": True, "image_sha256": sha256}}) == set()


def test_a_broken_image_is_reported_and_the_rest_assigned(tmp_path):
    project = ProjectStub()
    done = assign(project, files(tmp_path, "a", "broken", "c"))
    assert [(one.item, one.reason) for one in done.rejected] == [
        (str(tmp_path / "broken.jpg"), "bad_image")
    ]
    assert [task["name"] for task in project.tasks] == ["a.jpg", "c.jpg"]


def test_an_interrupted_run_resumes(tmp_path):
    names = [f"{number:03}" for number in range(120)]
    project, paths = ProjectStub(), files(tmp_path, *names)
    project.fail_at = 70
    with pytest.raises(AnnotateError, match="went away"):
        assign(project, paths)
    project.fail_at = None
    done = assign(project, paths)
    assert (done.tasks, done.existing) == (70, 50)
    assert [task["name"][:3] for task in project.tasks] == names
    assert max(project.chunks) <= assigning.CHUNK


def test_progress_ends_at_the_total(tmp_path):
    progress: list[tuple[int, int]] = []
    images, _ = assigning.read(files(tmp_path, "a", "broken", "c"), gold=False)
    assigning.assign(
        ProjectStub(),
        7,
        {},
        images,
        [],
        0.0,
        opened,
        lambda done, total: progress.append((done, total)),
    )
    assert progress == [(1, 3), (2, 3), (3, 3)]


@given(st.integers(0, 60), st.integers(0, 20), st.floats(0, 0.9))
def test_gold_images_are_mixed_in_evenly_and_deterministically(plain, gold, share):
    plain_images = [image(f"p{number}") for number in range(plain)]
    gold_images = [image(f"g{number}", gold=True) for number in range(gold)]
    mixed = assigning.mix(plain_images, gold_images, share)
    assert [one for one in mixed if not one.gold] == plain_images
    assert sum(one.gold for one in mixed) == min(gold, round(plain * share / (1 - share)))
    assert mixed == assigning.mix(plain_images, gold_images[::-1], share)
    if positions := [position for position, one in enumerate(mixed) if one.gold]:
        gaps = [after - before for before, after in pairwise(positions)]
        assert max(gaps, default=1) - min(gaps, default=1) <= 2


def test_folders_are_searched_and_other_files_ignored(tmp_path):
    first, second = files(tmp_path / "in", "b", "a")
    (tmp_path / "in" / "notes.txt").write_text("x")
    assert assigning.images_in([tmp_path, first]) == [second, first]


def test_missing_images_are_an_error(tmp_path):
    with pytest.raises(AnnotateError, match="is not there"):
        assigning.images_in([tmp_path / "nowhere"])
    with pytest.raises(AnnotateError, match=r"no \.jpg, \.png or \.webp"):
        assigning.images_in([tmp_path])
