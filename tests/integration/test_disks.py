"""Full disks and read-only folders: a one-line error, exit code 2, and no data lost."""

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


def annotate(*arguments: object, **more: Any) -> tuple[int, str]:
    """Exit code and standard error of a command."""
    command = [sys.executable, "-m", "annotate", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    completed = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, **more
    )
    return completed.returncode, completed.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(path)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield path
    subprocess.run(["umount", str(path)], check=True)


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder with a lake and a source that is read-only, for root too."""
    path = tmp_path / "read only"
    a_lake(path / "lake")
    write_small_demo(path / "source")
    if os.geteuid():
        subprocess.run(["chmod", "-R", "a-w", str(path)], check=True)
        yield path
        subprocess.run(["chmod", "-R", "u+w", str(path)], check=True)
        return
    for mount in (["--bind", str(path), str(path)], ["-o", "remount,ro,bind", str(path)]):
        if subprocess.run(["mount", *mount], capture_output=True, check=False).returncode:
            pytest.skip("no read-only mount is possible here, and root ignores file permissions")
    yield path
    subprocess.run(["umount", str(path)], check=True)


def error_line(stderr: str) -> str:
    """The last line of standard error, which must be the only error."""
    line = stderr.strip().splitlines()[-1]
    assert line.startswith("annotate:")
    assert "Traceback" not in stderr
    assert "internal error" not in stderr
    return line


@pytest.mark.parametrize("free_kib", [0, 8, 300])
def test_a_full_disk(tmp_path: Path, small_disk: Path, free_kib: int) -> None:
    source = write_small_demo(tmp_path / "source")
    lake = small_disk / "lake"
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (shutil.disk_usage(small_disk).free - free_kib * 1024))
    code, stderr = annotate("ingest", source, "--lake", lake)
    assert code == 2
    assert "No space left on device" in error_line(stderr)
    assert str(small_disk) in error_line(stderr)
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    code, stderr = annotate("ingest", source, "--lake", lake)
    assert code == 0, stderr
    assert Lake(lake).read(Recordings).height == 3
    assert Lake(lake).quarantined().is_empty()


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    import resource

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    source = write_small_demo(tmp_path / "source")
    code, stderr = annotate("ingest", source, "--lake", tmp_path / "lake", preexec_fn=limited)
    assert code == 2
    assert "File too large" in error_line(stderr)


def test_a_read_only_lake(read_only: Path) -> None:
    lake = read_only / "lake"
    code, stderr = annotate("status", "--lake", lake)
    assert code == 0, stderr
    for arguments in (
        ("ingest", read_only / "source"),
        ("transcribe", "--model", "demo"),
        ("caption",),
        ("release", "create", "v1"),
    ):
        code, stderr = annotate(*arguments, "--lake", lake)
        assert (code, arguments) == (2, arguments), stderr
        assert re.search(
            "Permission denied.*permissions|Read-only file system.*mount", error_line(stderr)
        )
        assert str(lake) in error_line(stderr)
    assert Lake(lake).read(Recordings).height == 3
