"""Reader of CTranslate2's `model.bin`: the variables by name, as arrays."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

DTYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
"""By CTranslate2's number of each number format."""

Variables = dict[str, NDArray[Any]]


def read_variables(file: BinaryIO) -> Variables:
    """All variables of a model, aliases included."""
    _number(file, "<I")  # version of the format
    _text(file)  # name of the architecture
    _number(file, "<I")  # its revision
    variables: Variables = {}
    for _ in range(_number(file, "<I")):
        name = _text(file)
        shape = [_number(file, "<I") for _ in range(_number(file, "<B"))]
        dtype = DTYPES[_number(file, "<B")]
        data = file.read(_number(file, "<I"))
        variables[name] = np.frombuffer(data, dtype=dtype).reshape(shape)
    for _ in range(_number(file, "<I")):
        alias = _text(file)
        variables[alias] = variables[_text(file)]
    return variables


def _number(file: BinaryIO, form: str) -> int:
    (value,) = struct.unpack(form, file.read(struct.calcsize(form)))
    return int(value)


def _text(file: BinaryIO) -> str:
    return file.read(_number(file, "<H")).rstrip(b"\0").decode()
