"""Folders in the cache: complete or absent, and those of killed processes are removed."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from annotate.recognizers.cache_folders import PREFIX, unfinished, written_once

CHILD = """
import sys, time
from pathlib import Path
from annotate.recognizers.cache_folders import unfinished
with unfinished(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("written")
    print(folder, flush=True)
    sys.stdin.read()
"""


def write_text(text: str, folder: Path) -> None:
    (folder / "a").write_text(text)


def names(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir())


def test_a_folder_is_written_once(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "model"
    for text in ("first", "second"):
        written_once(folder, partial(write_text, text))
        assert (folder / "a").read_text() == "first"
    assert names(tmp_path / "cache") == ["model"]


def test_a_failure_leaves_no_files(tmp_path: Path) -> None:
    def write(beside: Path) -> None:
        (beside / "half").write_text("written")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        written_once(tmp_path / "model", write)
    assert names(tmp_path) == []


def test_of_two_processes_the_first_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "model"

    def write(beside: Path) -> None:
        (beside / "a").write_text("second")
        folder.mkdir()
        (folder / "a").write_text("first")

    written_once(folder, write)
    assert (folder / "a").read_text() == "first"
    assert names(tmp_path) == ["model"]


@pytest.mark.parametrize("killed", [True, False])
def test_a_folder_of_a_killed_process_is_removed_and_one_in_use_is_not(
    tmp_path: Path, killed: bool
) -> None:
    arguments = [sys.executable, "-c", CHILD, str(tmp_path)]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        theirs = Path(child.stdout.readline().strip())
        assert theirs.name.startswith(PREFIX)
        if killed:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
        with unfinished(tmp_path) as mine:
            assert mine != theirs
        assert theirs.exists() is not killed
    assert names(tmp_path) == []


def test_without_locks_nothing_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on some network file systems."""

    def refuse(*arguments: object) -> None:
        raise OSError("no locks available")

    (tmp_path / f"{PREFIX}of-another").mkdir()
    monkeypatch.setattr("annotate.recognizers.cache_folders.flock", refuse)
    written_once(tmp_path / "model", lambda beside: (beside / "a").touch())
    assert names(tmp_path) == [f"{PREFIX}of-another", "model"]
