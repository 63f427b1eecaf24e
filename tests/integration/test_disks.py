"""Disks that are full, folders that may only be read: one line, exit code 2, nothing lost."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from annotate.model.tables import Recordings
from annotate.store.lake import Lake
from tests.e2e.small_demo import write_small_demo
from tests.release_builders import a_lake

ROOT = Path(__file__).parents[2]


def annotate(*words: object, **more: Any) -> tuple[int, str]:
    """Exit code of a command, and what it said on standard error."""
    command = [sys.executable, "-m", "annotate", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, **more
    )
    return done.returncode, done.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here: that takes root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder with a lake and a source that may only be read, by root too."""
    place = tmp_path / "read only"
    a_lake(place / "lake")
    write_small_demo(place / "source")
    if os.geteuid():
        subprocess.run(["chmod", "-R", "a-w", str(place)], check=True)
        yield place
        subprocess.run(["chmod", "-R", "u+w", str(place)], check=True)
        return
    for mount in (["--bind", str(place), str(place)], ["-o", "remount,ro,bind", str(place)]):
        if subprocess.run(["mount", *mount], capture_output=True, check=False).returncode:
            pytest.skip("nothing can be mounted here, and root may write anywhere else")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def told(said: str) -> str:
    """The one line that a command ended with."""
    line = said.strip().splitlines()[-1]
    assert line.startswith("annotate:")
    assert "Traceback" not in said
    assert "internal error" not in said
    return line


@pytest.mark.parametrize("free_kib", [0, 8, 300])
def test_a_full_disk(tmp_path: Path, small_disk: Path, free_kib: int) -> None:
    source = write_small_demo(tmp_path / "source")
    lake = small_disk / "lake"
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (shutil.disk_usage(small_disk).free - free_kib * 1024))
    code, said = annotate("ingest", source, "--lake", lake)
    assert code == 2
    assert "No space left on device" in told(said)
    assert str(small_disk) in told(said)
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    code, said = annotate("ingest", source, "--lake", lake)
    assert code == 0, said
    assert Lake(lake).read(Recordings).height == 3
    assert Lake(lake).quarantined().is_empty()


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    import resource

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    source = write_small_demo(tmp_path / "source")
    code, said = annotate("ingest", source, "--lake", tmp_path / "lake", preexec_fn=limited)
    assert code == 2
    assert "File too large" in told(said)


def test_a_lake_that_may_only_be_read(read_only: Path) -> None:
    lake = read_only / "lake"
    code, said = annotate("status", "--lake", lake)
    assert code == 0, said
    for words in (
        ("ingest", read_only / "source"),
        ("transcribe", "--model", "demo"),
        ("caption",),
        ("release", "create", "v1"),
    ):
        code, said = annotate(*words, "--lake", lake)
        assert (code, words) == (2, words), said
        assert re.search("Permission denied.*permissions|Read-only file system.*mount", told(said))
        assert str(lake) in told(said)
    assert Lake(lake).read(Recordings).height == 3
