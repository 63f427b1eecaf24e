from __future__ import annotations

import pytest

from annotate.media import audio
from annotate.release.names import AUDIO_TYPES, is_release_file, is_version, twins
from tests.builders import sha

A = sha("a")


@pytest.mark.parametrize(
    "path",
    [
        *("README.md", "index.html", "data/train-00000-of-00001.parquet"),
        *("narrations/my_split2-00011-of-00012.parquet", "data/x-123456-of-123457.parquet"),
        *(f"images/{A[:2]}/{A}.jpg", f"audio/{A[:2]}/{A}.webm"),
    ],
)
def test_names_of_files_in_a_release_are_accepted(path: str) -> None:
    assert is_release_file(path)


@pytest.mark.parametrize(
    "path",
    [
        *("../README.md", "/README.md", "./README.md", "data//x-00000-of-00001.parquet", ""),
        *("readme.md", "README.MD", "README.md ", "README.md.", "README.md\n", "index.htm"),
        *(".git/hooks/post-checkout", "conftest.py", "data/conftest.py", "sitecustomize.py"),
        *("manifest.json", ".annotate-pull", "data", "data/", "images", "CON", "aux.parquet"),
        *("data/con.parquet", "data/NUL-1-of-1.parquet", "data/a b-00000-of-00001.parquet"),
        *(
            "data/é-00000-of-00001.parquet",
            "data/x-\u0660\u0660\u0660\u0660\u0660-of-00001.parquet",
        ),
        *(r"data\x-00000-of-00001.parquet", "C:/README.md", "data:x/README.md"),
        *(f"images/{A}.jpg", f"images/zz/{A}.jpg", f"images/{A[:2]}/{A}.html"),
        *(f"images/00/{'1' * 64}.jpg", f"images/{A[:2]}/{A.upper()}.jpg", f"images/{A[:2]}/{A}"),
        *(f"images/{A[:2]}/{A}.jpg.exe", f"audio/{A[:2]}/{A}.py", f"audio/{A[:2]}/{A}.jpg"),
        "data/" + "x" * 65 + "-00000-of-00001.parquet",
    ],
)
def test_other_file_names_are_rejected(path: str) -> None:
    assert not is_release_file(path)


def test_every_container_that_can_be_ingested_can_be_released() -> None:
    names = audio.CONTAINERS.split(",")
    assert {audio._short_name(name) for name in names} <= set(AUDIO_TYPES)


@pytest.mark.parametrize("name", ["", ".v1", "a/b", "v 1", "v1\n", "x" * 65, "\x1b[2J", "é"])
def test_invalid_version_names_are_rejected(name: str) -> None:
    assert not is_version(name)
    assert is_version("demo-3a77bb47")


def test_twins_are_names_that_differ_only_in_case() -> None:
    assert twins(["a", "b", "A"]) == "A"
    assert twins(["a", "b"]) is None
