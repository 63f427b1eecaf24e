from __future__ import annotations

import json
from typing import Any

import pytest

from annotate.model.errors import AnnotateError
from annotate.release.manifest import (
    SCHEMA_VERSION,
    VIEWER,
    File,
    Manifest,
    content_hash,
    is_inside,
    read_manifest,
)
from tests.builders import sha

FILES = tuple(
    File(path=path, bytes=10, sha256=sha(path))
    for path in ("README.md", "data/train-00000-of-00001.parquet", VIEWER)
)


def a_manifest(files: tuple[File, ...] = FILES) -> Manifest:
    return Manifest(
        version="v1",
        content_sha256=content_hash(files),
        counts={"images": 1},
        step_keys={"images": "k"},
        files=files,
    )


def changed(**over: Any) -> bytes:
    return json.dumps({**json.loads(a_manifest().to_bytes()), **over}).encode()


def test_reads_what_it_wrote() -> None:
    assert read_manifest(a_manifest().to_bytes(), "here") == a_manifest()


def test_one_file_a_line() -> None:
    lines = a_manifest().to_bytes().decode().splitlines()
    assert sum('"path"' in line for line in lines) == len(FILES)


def test_the_viewer_is_not_content_and_everything_else_is() -> None:
    other_view = tuple(
        File(path=f.path, bytes=f.bytes, sha256=sha("x")) if f.path == VIEWER else f for f in FILES
    )
    other_card = tuple(
        File(path=f.path, bytes=f.bytes, sha256=sha("x")) if f.path == "README.md" else f
        for f in FILES
    )
    assert content_hash(other_view) == content_hash(FILES)
    assert content_hash(other_card) != content_hash(FILES)
    assert content_hash(reversed(FILES)) == content_hash(FILES)


@pytest.mark.parametrize(
    "path",
    [
        "../up",
        "a/../../up",
        "/etc/passwd",
        "a//b",
        "",
        ".",
        "a/./b",
        r"..\up",
        "C:/x",
        "a\x00b",
        "a/ ",
        "manifest.json",
    ],
)
def test_paths_that_leave_the_folder_are_refused(path: str) -> None:
    assert not is_inside(path)
    evil = a_manifest((File(path=path, bytes=1, sha256=sha("x")),))
    with pytest.raises(AnnotateError, match="outside the release"):
        read_manifest(evil.to_bytes(), "here")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "damaged"),
        (b"[]", "damaged"),
        (b'{"schema_version": 1}', "damaged"),
        (changed(files=[{"path": "a", "bytes": 1, "sha256": "no hash"}]), "damaged"),
        (changed(files=[{"path": "a", "bytes": -1, "sha256": sha("a")}]), "damaged"),
        (changed(files=[]), "contradicts itself"),
        (changed(schema_version=SCHEMA_VERSION + 1), "newer version"),
        (b"[" * 100_000, "damaged"),
    ],
)
def test_a_bad_manifest_gets_one_line(data: bytes, says: str) -> None:
    with pytest.raises(AnnotateError, match=says):
        read_manifest(data, "here")
