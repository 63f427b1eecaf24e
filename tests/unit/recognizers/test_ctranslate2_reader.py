"""Reader of CTranslate2's files: damaged ones are an error. A whole one: tests/unit/tools."""

import struct
from pathlib import Path

import pytest

from annotate.model.errors import AnnotateError
from annotate.recognizers.ctranslate2_files import is_finite
from annotate.recognizers.ctranslate2_reader import read_variables

HEAD = b"\x06\0\0\0" + b"\x03\0ab\0" + b"\x01\0\0\0"
"""Version of the format, name and revision."""
ONE = b"\x01\0\0\0" + b"\x02\0w\0" + b"\x01" + b"\x02\0\0\0" + b"\x03" + b"\x08\0\0\0"
"""One variable: name, rank, shape, number format, size of its two values."""
VALUES, NO_ALIASES = b"\x05\0\0\0\x07\0\0\0", b"\0\0\0\0"
WHOLE = HEAD + ONE + VALUES + NO_ALIASES


def write(folder: Path, data: bytes) -> Path:
    path = folder / "model.bin"
    path.write_bytes(data)
    return path


def test_variables_are_read(tmp_path: Path) -> None:
    (name,) = variables = read_variables(write(tmp_path, WHOLE))
    assert (name, variables[name].tolist()) == ("w", [5, 7])


@pytest.mark.parametrize("size", range(len(WHOLE)))
def test_a_truncated_file_is_an_error(tmp_path: Path, size: int) -> None:
    with pytest.raises(AnnotateError, match="is not a CTranslate2 model"):
        read_variables(write(tmp_path, WHOLE[:size]))


def test_a_huge_number_of_variables_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="is not a CTranslate2 model"):
        read_variables(write(tmp_path, HEAD + b"\xff\xff\xff\xff" + VALUES))


@pytest.mark.parametrize(("bits", "finite"), [(0x3F80, True), (0x7F80, False), (0xFFC0, False)])
def test_bfloat16_is_read_and_checked(tmp_path: Path, bits: int, finite: bool) -> None:
    """One, infinity and a negative NaN."""
    number_format = ONE[:-5] + b"\x05" + b"\x04\0\0\0"
    data = HEAD + number_format + struct.pack("<2H", 0x4000, bits) + NO_ALIASES
    values = read_variables(write(tmp_path, data))["w"]
    assert (values.shape, is_finite(values)) == ((2,), finite)
