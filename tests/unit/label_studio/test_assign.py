"""Each image once, gold ones spread among the others, broken ones reported."""

import json
import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.label_studio import assign as room
from annotate.label_studio.assign import Image
from annotate.model.errors import AnnotateError, RejectedError
from annotate.model.ids import sha256_hex


class Shelf:
    """A project in memory; fails at the upload with the number `fail_at`."""

    def __init__(self) -> None:
        self.tasks: list[dict[str, Any]] = []
        self.changed: list[int] = []
        self.chunks: list[int] = []
        self.uploads = 0
        self.files: list[bytes] = []
        self.fail_at: int | None = None

    def there(self) -> dict[int, dict[str, Any]]:
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


def give(shelf: Shelf, plain: list[Path], gold: list[Path] = [], share: float = 0.0):  # noqa: B006
    ours, known = (room.read(paths, gold=is_gold)[0] for paths, is_gold in ((plain, 0), (gold, 1)))
    return room.assign(shelf, 7, shelf.there(), ours, known, share, opened)


def image(name: str, gold: bool = False) -> Image:
    return Image(path=Path(name), sha256=sha256_hex(name.encode()), gold=gold)


def test_annotators_are_given_the_clean_copy_once(tmp_path):
    (photo,) = files(tmp_path, "cat")
    photo.write_bytes(b"cat+GPS")
    shelf = Shelf()
    give(shelf, [photo])
    (task,) = shelf.tasks
    assert shelf.files == [b"cat"]
    assert task["image_sha256"] == sha256_hex(b"cat")
    assert task["original_sha256"] == sha256_hex(b"cat+GPS")
    again = give(shelf, [photo])
    assert (again.tasks, again.there, len(shelf.tasks)) == (0, 1, 1)


def test_an_image_that_was_assigned_as_it_was_is_known_again(tmp_path):
    """Projects of version 0.1 hold the files as they were, and tasks with their hashes."""
    (photo,) = files(tmp_path, "cat")
    photo.write_bytes(b"cat+GPS")
    shelf = Shelf()
    shelf.tasks = [{"image": "/data/a.jpg", "image_sha256": sha256_hex(b"cat+GPS")}]
    assert give(shelf, [photo]).there == 1
    assert len(shelf.tasks) == 1


def test_gold_images_are_known_by_their_clean_copies(tmp_path):
    paths = files(tmp_path, "cat", "broken")
    paths[0].write_bytes(b"cat+GPS")
    images, _ = room.read(paths, gold=True)
    assert room.clean_hashes(images, opened) == {sha256_hex(b"cat")}


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
def test_an_image_keeps_its_name_as_far_as_it_is_text(tmp_path, stored, name):
    path = tmp_path / os.fsdecode(stored)
    path.write_bytes(b"cat")
    shelf = Shelf()
    give(shelf, [path])
    (task,) = shelf.tasks
    assert task["name"] == name
    json.dumps(task, ensure_ascii=False).encode()


def test_a_task_says_what_the_image_is(tmp_path):
    shelf = Shelf()
    done = give(shelf, files(tmp_path, "cat"))
    sha256 = sha256_hex(b"cat")
    assert shelf.tasks == [
        {
            "image": f"/data/upload/7/{sha256[:16]}.jpg",
            "name": "cat.jpg",
            "image_sha256": sha256,
        }
    ]
    assert (done.tasks, done.there, done.refused) == (1, 0, [])


def test_again_does_nothing(tmp_path):
    shelf, paths = Shelf(), files(tmp_path, "a", "b", "c", "d")
    gold = files(tmp_path / "gold", "g1", "g2")
    assert give(shelf, paths, gold, 0.2).tasks == 5
    again = give(shelf, paths, gold, 0.2)
    assert (again.tasks, again.there) == (0, 4)
    assert len(shelf.tasks) == 5


def test_the_same_content_is_given_once(tmp_path):
    (tmp_path / "copy.jpg").write_bytes(b"a")
    shelf = Shelf()
    give(shelf, [*files(tmp_path, "a"), tmp_path / "copy.jpg"])
    assert [task["name"] for task in shelf.tasks] == ["a.jpg"]


def test_an_image_that_is_gold_is_given_as_gold_only_and_nothing_tells(tmp_path):
    shelf = Shelf()
    done = give(shelf, files(tmp_path, "a", "b"), files(tmp_path / "gold", "a"), 0.5)
    assert (done.tasks, done.gold) == (2, 1)
    assert sorted(task["name"] for task in shelf.tasks) == ["a.jpg", "b.jpg"]
    assert {frozenset(task) for task in shelf.tasks} == {
        frozenset({"image", "name", "image_sha256"})
    }


def test_tasks_of_older_versions_tell_no_more(tmp_path):
    shelf = Shelf()
    give(shelf, files(tmp_path, "a", "b", "c"))
    shelf.tasks[0]["gold"], shelf.tasks[1]["gold"] = True, False
    before = shelf.there()
    assert room.gold_there(before) == {sha256_hex(b"a")}
    assert room.hide_gold(shelf, before) == 2
    assert shelf.changed == [0, 1]
    assert not any("gold" in task for task in shelf.tasks)
    assert room.hide_gold(shelf, shelf.there()) == 0


@pytest.mark.parametrize("sha256", [None, 7, "x", "A" * 64, ["a" * 64]])
def test_what_a_task_calls_gold_without_a_hash_is_passed_over(sha256):
    assert room.gold_there({1: {"gold": True, "image_sha256": sha256}}) == set()


def test_a_broken_image_is_reported_and_the_rest_given(tmp_path):
    shelf = Shelf()
    done = give(shelf, files(tmp_path, "a", "broken", "c"))
    assert [(one.item, one.reason) for one in done.refused] == [
        (str(tmp_path / "broken.jpg"), "bad_image")
    ]
    assert [task["name"] for task in shelf.tasks] == ["a.jpg", "c.jpg"]


def test_what_was_cut_off_goes_on(tmp_path):
    names = [f"{number:03}" for number in range(120)]
    shelf, paths = Shelf(), files(tmp_path, *names)
    shelf.fail_at = 70
    with pytest.raises(AnnotateError, match="went away"):
        give(shelf, paths)
    shelf.fail_at = None
    done = give(shelf, paths)
    assert (done.tasks, done.there) == (70, 50)
    assert [task["name"][:3] for task in shelf.tasks] == names
    assert max(shelf.chunks) <= room.CHUNK


def test_progress_ends_at_the_whole(tmp_path):
    told: list[tuple[int, int]] = []
    ours, _ = room.read(files(tmp_path, "a", "broken", "c"), gold=False)
    room.assign(
        Shelf(), 7, {}, ours, [], 0.0, opened, lambda done, total: told.append((done, total))
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


@given(st.integers(0, 60), st.integers(0, 20), st.floats(0, 0.9))
def test_gold_is_mixed_in_by_share_evenly_and_always_alike(plain, gold, share):
    ours = [image(f"p{number}") for number in range(plain)]
    known = [image(f"g{number}", gold=True) for number in range(gold)]
    mixed = room.mix(ours, known, share)
    assert [one for one in mixed if not one.gold] == ours
    assert sum(one.gold for one in mixed) == min(gold, round(plain * share / (1 - share)))
    assert mixed == room.mix(ours, known[::-1], share)
    if places := [place for place, one in enumerate(mixed) if one.gold]:
        gaps = [after - before for before, after in pairwise(places)]
        assert max(gaps, default=1) - min(gaps, default=1) <= 2


def test_folders_are_searched_and_other_files_passed_over(tmp_path):
    first, second = files(tmp_path / "in", "b", "a")
    (tmp_path / "in" / "notes.txt").write_text("x")
    assert room.images_in([tmp_path, first]) == [second, first]


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(AnnotateError, match="is not there"):
        room.images_in([tmp_path / "nowhere"])
    with pytest.raises(AnnotateError, match=r"no \.jpg, \.png or \.webp"):
        room.images_in([tmp_path])
