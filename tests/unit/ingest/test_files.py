"""Only regular files inside the folder are read, even if files are replaced meanwhile."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from annotate.ingest import files
from annotate.ingest.files import open_inside, read_at_most, resolved_folder, sha256_at_most
from annotate.model.errors import AnnotateError, RejectedError
from annotate.model.ids import sha256_hex


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(os.path.relpath(path))


def a_loop(path: Path) -> None:
    path.symlink_to(path.with_name("other"))
    path.with_name("other").symlink_to(path)


KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "fifo": (os.mkfifo, "not_a_file"),
    "socket": (a_socket, "not_a_file"),
    "folder": (Path.mkdir, "not_a_file"),
    "link to a device": (lambda path: path.symlink_to("/dev/zero"), "bad_path"),
    "link out": (lambda path: path.symlink_to("/etc/passwd"), "bad_path"),
    "link to itself": (lambda path: path.symlink_to(path), "bad_path"),
    "loop of links": (a_loop, "bad_path"),
    "nothing": (lambda path: None, "missing"),
    "link to nothing": (lambda path: path.symlink_to("gone"), "missing"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_anything_but_a_regular_file_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    make, reason = KINDS[kind]
    make(tmp_path / "it")
    with pytest.raises(RejectedError) as rejection:
        open_inside(tmp_path, "it", "missing")
    assert rejection.value.reason in {reason, "missing" if reason == "bad_path" else reason}
    assert rejection.value.reason == reason or "loop" in kind or "itself" in kind


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/etc/passwd", "a\0b", "x" * 5000])
def test_names_of_no_file_in_the_folder_are_rejected(tmp_path: Path, name: str) -> None:
    with pytest.raises(RejectedError):
        open_inside(tmp_path, name, "missing")


@pytest.mark.parametrize("replacement", ["fifo", "link out"])
def test_a_file_replaced_after_the_check_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replacement: str
) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"sound")
    opened = os.open

    def replace_and_open(name: Path, flags: int) -> int:
        path.unlink()
        KINDS[replacement][0](path)
        return opened(name, flags)

    monkeypatch.setattr(files.os, "open", replace_and_open)
    with pytest.raises(RejectedError) as rejection:
        open_inside(tmp_path, "it", "missing")
    assert rejection.value.reason == KINDS[replacement][1]


def test_links_inside_the_folder_are_followed(tmp_path: Path) -> None:
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "a").write_bytes(b"sound")
    (tmp_path / "it").symlink_to("sounds/a")
    with open_inside(tmp_path, "it", "missing") as file:
        assert read_at_most(file, 5) == b"sound"


def test_the_size_is_limited_before_and_while_reading(tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"sound")
    with path.open("rb") as file, pytest.raises(RejectedError, match="too_large"):
        read_at_most(file, 4)
    with path.open("rb") as file:
        assert sha256_at_most(file, 4) is None
    with path.open("rb") as file:
        assert sha256_at_most(file, 5) == sha256_hex(b"sound")
    # A file with a size of 0 that can be read without end.
    with open("/dev/zero", "rb") as endless, pytest.raises(RejectedError, match="too_large"):
        read_at_most(endless, 1000)
    with open("/dev/zero", "rb") as endless:
        assert sha256_at_most(endless, 3 * files.CHUNK) is None


def test_a_source_that_is_a_loop_of_links_is_an_error(tmp_path: Path) -> None:
    a_loop(tmp_path / "it")
    with pytest.raises(AnnotateError, match="can't be a source"):
        resolved_folder(tmp_path / "it")
