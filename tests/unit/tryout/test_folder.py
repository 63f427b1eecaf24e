"""Only one tryout per folder; a damaged memory file is ignored."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.model.errors import AnnotateError
from annotate.tryout import folder
from annotate.tryout.folder import Memory


def test_the_error_of_a_second_tryout_has_the_url_of_the_first(tmp_path: Path) -> None:
    with folder.only_one(tmp_path):
        with (
            pytest.raises(AnnotateError, match="runs already: it is just starting"),
            folder.only_one(tmp_path),
        ):
            pytest.fail("the lock was acquired twice")
        folder.say_where(tmp_path, "http://localhost:1234")
        with (
            pytest.raises(AnnotateError, match="runs already: http://localhost:1234"),
            folder.only_one(tmp_path),
        ):
            pytest.fail("the lock was acquired twice")
    with folder.only_one(tmp_path):
        pass


def test_a_killed_tryout_releases_the_lock(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from annotate.tryout import folder\n"
        "with folder.only_one(Path(sys.argv[1])):\n"
        "    folder.say_where(Path(sys.argv[1]), 'url'); os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == -9
    with folder.only_one(tmp_path):
        pass


def test_the_files_are_readable_only_by_the_owner(tmp_path: Path) -> None:
    data = tmp_path / "new"
    with folder.only_one(data):
        folder.remember(data, Memory(), page_key="a secret")
    modes = {one.name: one.stat().st_mode & 0o777 for one in [data, *data.iterdir()]}
    assert modes == {"new": 0o700, folder.LOCK_FILE: 0o600, folder.MEMORY_FILE: 0o600}


def test_remembered_values_are_recalled(tmp_path: Path) -> None:
    new = folder.remember(tmp_path, Memory(), model="base", page_port=1234)
    assert folder.recall(tmp_path) == new == Memory(model="base", page_port=1234)


@given(st.one_of(st.binary(), st.from_regex(r'\{"(model|page_port|x)": ?.{0,9}\}').map(str.encode)))
def test_a_damaged_memory_file_is_ignored_or_valid(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
):
    data = tmp_path_factory.mktemp("memory")
    (data / folder.MEMORY_FILE).write_bytes(content)
    found = folder.recall(data)
    assert found.model is None or isinstance(found.model, str)
    assert 0 < found.page_port < 65536


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(AnnotateError, match="cannot write in"), folder.only_one(tmp_path / "x"):
        pass


def test_a_file_in_place_of_the_folder_is_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("a file")
    with pytest.raises(AnnotateError, match="cannot write in"), folder.only_one(tmp_path / "x"):
        pass
