"""A lake's root may be any path that the file system allows."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from annotate.model.errors import AnnotateError
from annotate.model.tables import Images
from annotate.store import location as location_module
from annotate.store.lake import Lake
from annotate.store.location import LakeLocation
from tests.builders import an_image, frame

ODD_NAME = "My Projects بيانات #1 %20 [x]"


def write(root: str) -> None:
    assert Lake(root).append(Images, frame(Images, [an_image("a")])).is_empty()


@pytest.mark.parametrize("name", ["plain", ODD_NAME])
def test_spellings_of_the_same_folder_are_one_lake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to(tmp_path / name)
    monkeypatch.setenv("HOME", str(tmp_path / name))
    monkeypatch.chdir(tmp_path / name)
    write("lake")
    existing = tmp_path / name / "lake"
    same = [
        *("lake", "./lake", "lake/", "lake//", "../link/lake", "~/lake", "-/../lake"),
        *(str(existing), f"{existing}/", str(tmp_path / "link" / "lake"), existing.as_uri()),
    ]
    for root in same:
        assert Lake(root).read(Images).height == 1, root
        write(root)
    assert Lake(existing).scan(Images).collect().height == 1 + len(same)
    assert os.listdir(tmp_path / name) == ["lake"]


@pytest.mark.parametrize("name", ["~", "~root", "-x", "a::b", "memory:", "file:x", "%7E"])
def test_folder_names_with_special_meanings_are_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(f"./{name}")
    assert os.listdir(tmp_path) == [name]
    assert Lake(f"./{name}").read(Images).height == 1


def test_a_relative_path_does_not_change_with_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lake = Lake("lake")
    os.makedirs("other")
    monkeypatch.chdir("other")
    assert lake.append(Images, frame(Images, [an_image("a")])).is_empty()
    assert lake.root == "lake"
    assert Lake(tmp_path / "lake").read(Images).height == 1


@pytest.mark.parametrize("root", ["", "a\0b", "bad \udcff name", "nothing://known"])
def test_an_invalid_root_is_rejected_in_one_line(root: str) -> None:
    with pytest.raises(AnnotateError) as rejected:
        Lake(root)
    assert len(str(rejected.value).splitlines()) == 1
    str(rejected.value).encode("utf-8")


def test_urls_are_unchanged() -> None:
    location = LakeLocation("memory://bucket/a%20b", {})
    assert location.folder is None
    assert location.table("images") == "memory://bucket/a%20b/tables/images"
    assert location.delta_uri("images") == location.table("images")


def test_links_are_created_only_for_odd_names_and_removed_with_the_lake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(location_module.tempfile, "gettempdir", lambda: str(temporary))
    write(str(tmp_path / "plain"))
    assert os.listdir(temporary) == []
    lake = Lake(tmp_path / ODD_NAME)
    lake.append(Images, frame(Images, [an_image("a")]))
    (links,) = temporary.iterdir()
    assert [path.is_symlink() for path in (links / "images").iterdir()] == [True]
    assert (links.stat().st_mode & 0o077) == 0
    for path in (links / "images").iterdir():  # simulates a service that cleans up /tmp
        path.unlink()
    assert Lake(tmp_path / ODD_NAME).read(Images).height == lake.read(Images).height == 1
    del lake
    gc.collect()
    assert os.listdir(temporary) == []


def test_the_links_are_removed_when_the_process_ends(tmp_path: Path) -> None:
    program = "import sys; from tests.unit.store.test_location import write; write(sys.argv[1])"
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / ODD_NAME)], check=True, env=environment
    )
    assert os.listdir(tmp_path / "tmp") == []
    assert Lake(tmp_path / ODD_NAME).read(Images).height == 1


def test_a_temporary_folder_with_an_odd_name_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t m p").mkdir()
    monkeypatch.setattr(location_module.tempfile, "gettempdir", lambda: str(tmp_path / "t m p"))
    write(str(tmp_path / ODD_NAME))
    assert Lake(tmp_path / ODD_NAME).read(Images).height == 1
    assert os.listdir(tmp_path / "t m p") == []
