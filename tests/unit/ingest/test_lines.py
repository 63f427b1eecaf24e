"""Lines in any Unicode encoding, with bounded memory for long lines."""

import tracemalloc
from pathlib import Path

import pytest

from annotate.ingest.lines import RawLine, read_lines

TEXT = '{"image": "Küche \u2028 بيانات.jpg"}\r\n\n  {"b": 1}  \n{"c": 2}'
LINES = {1: '{"image": "Küche \u2028 بيانات.jpg"}', 3: '{"b": 1}', 4: '{"c": 2}'}


def lines_of(tmp_path: Path, data: bytes, max_bytes: int = 1_000) -> list[RawLine]:
    path = tmp_path / "manifest.jsonl"
    path.write_bytes(data)
    with path.open("rb") as file:
        return list(read_lines(file, max_bytes))


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-32-le", b"\xff\xfe\0\0"),
        ("utf-32-be", b"\0\0\xfe\xff"),
    ],
)
def test_a_byte_order_mark_selects_the_encoding(tmp_path: Path, encoding: str, mark: bytes) -> None:
    found = lines_of(tmp_path, mark + TEXT.encode(encoding))
    assert {line.number: line.text for line in found} == LINES
    assert all(line.error is None for line in found)


def test_a_byte_order_mark_within_concatenated_files_is_ignored(tmp_path: Path) -> None:
    joined = "{}\n".encode("utf-8-sig") * 2
    assert [line.text for line in lines_of(tmp_path, joined)] == ["{}", "{}"]


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    assert lines_of(tmp_path, b"") == lines_of(tmp_path, b"\xff\xfe") == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ('{"image": "Küche.jpg"}\n{}'.encode("latin-1"), "(0xfc) isn't UTF-8"),
        (b"\xff\xfe" + "{}".encode("utf-16-le") + b"\x00\xd8\n\0" + b"{\0}\0", "isn't UTF-16"),
    ],
)
def test_undecodable_bytes_affect_one_line_only(tmp_path: Path, data: bytes, words: str) -> None:
    first, second = lines_of(tmp_path, data)
    assert first.error is not None
    assert words in first.error
    assert "save the file as UTF-8" in first.error
    assert (second.text, second.error) == ("{}", None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_maximum_length_of_a_line_is_exact(tmp_path: Path, encoding: str, end: str) -> None:
    found = lines_of(tmp_path, f"{'a' * 98}{end or chr(10)}{'b' * 101}{end}".encode(encoding), 100)
    assert [line.text for line in found] == ["a" * 98, ""]
    assert found[1].error == "longer than 100 bytes"
    whole = lines_of(tmp_path, f"{'b' * 5_000}\n{{}}".encode(encoding), 100)
    assert [line.text for line in whole] == ["", "{}"]


@pytest.mark.parametrize("mark", [b"", b"\xff\xfe"])
def test_a_huge_line_is_not_read_into_memory(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "manifest.jsonl"
    with path.open("wb") as file:
        file.write(mark)
        file.truncate(200_000_000)  # NUL bytes in a sparse file
    tracemalloc.start()
    with path.open("rb") as file:
        (line,) = read_lines(file, 1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert line.error == "longer than 1000000 bytes"
    assert peak < 20_000_000
