"""Output of the commands about releases, as text and as JSON."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from annotate.cli import main
from annotate.store.lake import Lake
from tests.release_builders import a_lake, forge, older_manifest
from tests.web_server import WebServer

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def annotate(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["annotate", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            main()
        out, err = capsys.readouterr()
        return int(exit_.value.code or 0), out + err

    return run


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return a_lake(tmp_path / "lake", 2)


@pytest.fixture
def made(annotate: Run, lake: Lake) -> dict[str, str]:
    code, out = annotate("release", "create", "v1", "--lake", lake.root, "--json")
    assert code == 0
    found: dict[str, str] = json.loads(out)
    return found


def verified(annotate: Run, *arguments: object) -> tuple[int, dict[str, object]]:
    code, out = annotate("release", "verify", *arguments, "--json")
    return code, json.loads(out)


def test_create_prints_the_hash_to_announce(annotate: Run, lake: Lake) -> None:
    _, output = annotate("release", "create", "v1", "--lake", lake.root)
    _, plain = annotate("release", "create", "v1", "--lake", lake.root, "--json")
    assert f"sha256 {json.loads(plain)['release_sha256']}" in output
    _, listed = annotate("release", "list", "--lake", lake.root, "--json")
    (row,) = json.loads(listed)["releases"]
    assert row["release_sha256"] == json.loads(plain)["release_sha256"]
    assert row["release_sha256"][:8] in annotate("release", "list", "--lake", lake.root)[1]


def test_a_release_within_its_lake_is_proven(annotate: Run, made: dict[str, str]) -> None:
    code, found = verified(annotate, made["path"])
    assert code == 0
    assert (found["sound"], found["proven"], found["record"]) == (True, True, "same")
    assert "has a record of exactly this release" in annotate("release", "verify", made["path"])[1]


def test_a_forged_release_within_its_lake_is_found(annotate: Run, made: dict[str, str]) -> None:
    (Path(made["path"]) / "index.html").write_text("<script>alert(1)</script>")
    forge(Path(made["path"]))
    code, found = verified(annotate, made["path"])
    assert (code, found["record"], found["differences"]) == (1, "other", [])
    code, output = annotate("release", "verify", made["path"])
    assert (code, "DIFFERS from the record in the lake" in output) == (1, True)


def test_outside_a_lake_the_origin_is_not_proven(
    annotate: Run, made: dict[str, str], lake: Lake, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(made["path"], copy)
    code, found = verified(annotate, copy)
    assert (code, found["sound"], found["proven"], found["lake"]) == (0, True, False, None)
    _, output = annotate("release", "verify", copy)
    assert "its origin isn't proven" in output
    assert made["release_sha256"] in output
    assert verified(annotate, copy, "--lake", lake.root)[1]["proven"]
    assert verified(annotate, copy, "--sha256", made["release_sha256"])[1]["proven"]
    code, found = verified(annotate, copy, "--sha256", "0" * 64)
    assert (code, found["announced"]) == (1, False)
    code, found = verified(annotate, copy, "--lake", tmp_path / "other")
    assert (code, found["record"]) == (1, "absent")
    assert "NOT recorded" in annotate("release", "verify", copy, "--lake", tmp_path / "other")[1]


def test_a_renamed_release_in_a_lake_is_found(annotate: Run, made: dict[str, str]) -> None:
    root = Path(made["path"])
    root.rename(root.with_name("v2"))
    code, found = verified(annotate, root.with_name("v2"))
    assert (code, found["record"]) == (1, "absent")


def test_a_release_of_version_0_1_is_reported(
    annotate: Run, made: dict[str, str], tmp_path: Path
) -> None:
    from annotate.release.verify import manifest_of

    copy = tmp_path / "copy"
    shutil.copytree(made["path"], copy)
    (copy / "manifest.json").write_bytes(older_manifest(manifest_of(copy)))
    assert "made by version 0.1" in annotate("release", "verify", copy)[1]
    code, output = annotate("pull", copy, "here")
    assert (code, "made by version 0.1" in output) == (0, True)


def test_pull_accepts_only_the_announced_release(
    annotate: Run, made: dict[str, str], tmp_path: Path
) -> None:
    code, out = annotate("pull", made["path"], "here", "--sha256", made["release_sha256"], "--json")
    names = ("version", "content_sha256", "release_sha256")
    assert code == 0
    files = json.loads((Path(made["path"]) / "manifest.json").read_text())["files"]
    assert json.loads(out) == {
        "path": "here",
        "captions": 2,
        "files": len(files),
        "fetched": len(files),
        **{name: made[name] for name in names},
    }
    code, output = annotate("pull", made["path"], "other", "--sha256", "0" * 64)
    assert (code, "not the release that was announced" in output) == (2, True)
    assert not (tmp_path / "other").exists()


def test_pull_reports_existing_files(annotate: Run, made: dict[str, str], tmp_path: Path) -> None:
    _, first = annotate("pull", made["path"], "here")
    assert "downloaded before" not in first
    _, second = annotate("pull", made["path"], "here")
    assert "all files were downloaded before and are unchanged" in second
    (tmp_path / "here" / "README.md").unlink()
    _, repaired = annotate("pull", made["path"], "here")
    total = sum(one.is_file() for one in (tmp_path / "here").rglob("*")) - 1  # without the manifest
    assert f"{total - 1} of {total} files were downloaded before" in repaired


@pytest.mark.parametrize("command", [("pull", "PATH", "here"), ("release", "verify", "PATH")])
@pytest.mark.parametrize("text", ["abcd", "z" * 64, "0" * 63, ""])
def test_an_invalid_hash_is_an_error(
    annotate: Run, made: dict[str, str], tmp_path: Path, command: tuple[str, ...], text: str
) -> None:
    arguments = [made["path"] if word == "PATH" else word for word in command]
    code, output = annotate(*arguments, "--sha256", text)
    assert code == 2
    assert f"{text!r} is no SHA-256, which has 64 digits" in output.replace("\n", " ")
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize("target", ["/proc/here", "/dev/null/here"])
def test_a_target_that_cannot_be_written_is_an_error(
    annotate: Run, made: dict[str, str], target: str
) -> None:
    code, output = annotate("pull", made["path"], target)
    assert code == 2
    assert f"cannot write {target} (" in output
    assert "choose a folder that you may write to" in output
    assert "━" not in output  # no progress bar


def test_an_option_allows_private_addresses(annotate: Run, made: dict[str, str]) -> None:
    with WebServer(Path(made["path"])) as web:
        code, output = annotate("pull", web.url(), "here")
        assert (code, "--allow-private" in output) == (2, True)
        assert annotate("pull", web.url(), "here", "--allow-private")[0] == 0
