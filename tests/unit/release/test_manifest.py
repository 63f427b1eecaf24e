from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest

from annotate.model.errors import AnnotateError
from annotate.release import manifest as manifests
from annotate.release.manifest import (
    SCHEMA_VERSION,
    VIEWER,
    File,
    Manifest,
    content_hash,
    read_manifest,
)
from tests.builders import sha
from tests.release_builders import older_manifest

FILES = tuple(
    File(path=path, bytes=10, sha256=sha(path))
    for path in ("README.md", "data/train-00000-of-00001.parquet", VIEWER)
)


def a_manifest(files: tuple[File, ...] = FILES, **over: Any) -> Manifest:
    fields: dict[str, Any] = {
        "version": "v1",
        "content_sha256": content_hash(files),
        "counts": {"images": 1},
        "step_keys": {"images": "k"},
        "files": files,
    }
    return Manifest(**{**fields, **over}).sealed()


def test_a_written_manifest_is_read_back() -> None:
    assert read_manifest(a_manifest().to_bytes(), "here") == a_manifest()
    assert read_manifest(a_manifest(()).to_bytes(), "here") == a_manifest(())


def test_each_file_has_its_own_line() -> None:
    lines = a_manifest().to_bytes().decode().splitlines()
    assert sum('"path"' in line for line in lines) == len(FILES)
    assert json.loads(a_manifest().to_bytes())["schema_version"] == SCHEMA_VERSION


def test_the_hash_can_be_computed_with_shell_tools() -> None:
    """`grep -v release_sha256 manifest.json | sha256sum`, as in docs/formats.md."""
    lines = a_manifest().to_bytes().splitlines(keepends=True)
    rest = b"".join(line for line in lines if b"release_sha256" not in line)
    assert hashlib.sha256(rest).hexdigest() == a_manifest().release_sha256


def test_the_content_hash_covers_everything_but_the_viewer() -> None:
    changed_viewer = tuple(
        File(path=f.path, bytes=f.bytes, sha256=sha("x")) if f.path == VIEWER else f for f in FILES
    )
    changed_card = tuple(
        File(path=f.path, bytes=f.bytes, sha256=sha("x")) if f.path == "README.md" else f
        for f in FILES
    )
    assert content_hash(changed_viewer) == content_hash(FILES)
    assert content_hash(changed_card) != content_hash(FILES)
    assert content_hash(reversed(FILES)) == content_hash(FILES)
    assert a_manifest(changed_viewer).release_sha256 != a_manifest().release_sha256


@pytest.mark.parametrize(
    "over", [{"version": "v2"}, {"counts": {"images": 2}}, {"step_keys": {"images": "other"}}]
)
def test_the_releases_hash_covers_all_of_its_fields(over: dict[str, Any]) -> None:
    assert a_manifest(**over).release_sha256 != a_manifest().release_sha256


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (rb'"version": "v1"', b'"version": "v2"'),
        (rb'"images": 1', b'"images": 2'),
        (rb'"images": "k"', b'"images": "j"'),
        (sha(VIEWER).encode(), sha("script").encode()),
        (rb'"bytes": 10', b'"bytes": 11'),
        (rb'"release_sha256": "[0-9a-f]{64}"', b'"release_sha256": "%s"' % sha("x").encode()),
        (rb' "release_sha256".*\n', b""),
        (rb"\{\n", b"{\n\n"),
        (rb'"version": "v1"', b'"version":  "v1"'),
        (rb'"version": "v1"', b'"note": "trust me",\n "version": "v1"'),
    ],
)
def test_any_change_without_a_new_hash_is_detected(pattern: bytes, replacement: bytes) -> None:
    changed = re.sub(pattern, replacement, a_manifest().to_bytes(), count=1)
    assert changed != a_manifest().to_bytes()
    with pytest.raises(AnnotateError, match=r"contradicts itself|damaged"):
        read_manifest(changed, "here")


def test_releases_of_version_0_1_are_read() -> None:
    old = read_manifest(older_manifest(a_manifest()), "here")
    assert (old.schema_version, old.release_sha256) == (1, None)
    assert old.files == a_manifest().files


@pytest.mark.parametrize(
    "path",
    ["../up", "/etc/passwd", "data/.git", "conftest.py", ".git/hooks/post-checkout", "a b"],
)
def test_invalid_file_names_are_rejected(path: str) -> None:
    evil = a_manifest((File(path=path, bytes=1, sha256=sha("x")),))
    with pytest.raises(AnnotateError, match="which no release has"):
        read_manifest(evil.to_bytes(), "here")


@pytest.mark.parametrize(
    "paths",
    [
        ("README.md", "README.md"),
        ("data/train-00000-of-00001.parquet", "data/Train-00000-of-00001.parquet"),
    ],
)
def test_duplicate_paths_are_rejected(paths: tuple[str, str]) -> None:
    evil = a_manifest(tuple(File(path=path, bytes=1, sha256=sha("x")) for path in paths))
    with pytest.raises(AnnotateError, match="twice"):
        read_manifest(evil.to_bytes(), "here")


GOOD = a_manifest().to_bytes()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "damaged"),
        (b"[]", "damaged"),
        (b'{"schema_version": 1}', "damaged"),
        (GOOD[:-1], "damaged"),
        (GOOD + b" ", "damaged"),
        (GOOD.replace(sha(VIEWER).encode(), b"no hash"), "damaged"),
        (GOOD.replace(b'"bytes": 10', b'"bytes": -1', 1), "damaged"),
        (GOOD.replace(b'"bytes": 10', b'"bytes": 1' + b"0" * 5_000, 1), "damaged"),
        (GOOD.replace(b'"images": 1', b'"images": -1'), "damaged"),
        (GOOD.replace(b'"images": 1', b'"images": NaN'), "damaged"),
        (GOOD.replace(b'"images": 1', b'"images": 1' + b"0" * 9_000), "damaged"),
        (GOOD.replace(b'"version": "v1"', b'"version": "\\u001b[2J"'), "damaged"),
        (GOOD.replace(b'"version"', b'"version": "v1", "version"'), "damaged"),
        (GOOD.replace(b'"schema_version": 2', b'"schema_version": 3'), "newer version"),
        (b'{"schema_version": 9, "all": "else"}', "newer version"),
        (b"[" * 100_000, "damaged"),
        (b" " * 3_000_000, "damaged"),
    ],
)
def test_the_error_of_an_invalid_manifest_has_one_line(data: bytes, message: str) -> None:
    with pytest.raises(AnnotateError, match=message) as caught:
        read_manifest(data, "here")
    assert "\n" not in str(caught.value)


def test_the_size_of_a_manifest_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "MAX_FILES", 2)
    with pytest.raises(AnnotateError, match="more than 2 files"):
        read_manifest(GOOD, "here")
    monkeypatch.setattr(manifests, "MANIFEST_BYTES", len(GOOD) - 1)
    with pytest.raises(AnnotateError, match="longer than any"):
        read_manifest(GOOD, "here")
