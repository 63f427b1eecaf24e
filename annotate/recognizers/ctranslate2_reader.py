"""Reader of CTranslate2's `model.bin`: its variables by name, mapped and not copied."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotate.model.errors import AnnotateError

BFLOAT16 = np.dtype([("bfloat16", np.uint16)])
"""numpy has no bfloat16: these are its bits."""

_DTYPES: dict[int, np.dtype[Any]] = {
    **{0: np.dtype(np.float32), 1: np.dtype(np.int8), 2: np.dtype(np.int16)},
    **{3: np.dtype(np.int32), 4: np.dtype(np.float16), 5: BFLOAT16},
}
"""By CTranslate2's number of each number format."""

Variables = dict[str, NDArray[Any]]


def read_variables(path: Path) -> Variables:
    """All variables of a model, aliases included. Only the values that are used are read.

    Raises:
        AnnotateError: If the file can't be read or is damaged.
    """
    try:
        cursor = _Cursor(np.memmap(path, dtype=np.uint8, mode="r"))
        return _variables(cursor)
    except (OSError, ValueError, KeyError, struct.error) as error:
        raise AnnotateError(f"{path} is not a CTranslate2 model: {error!r}") from error


def _variables(cursor: _Cursor) -> Variables:
    cursor.number("<I")  # version of the format
    cursor.text()  # name of the architecture
    cursor.number("<I")  # its revision
    variables: Variables = {}
    for name in cursor.names():
        shape = [cursor.number("<I") for _ in range(cursor.number("<B"))]
        dtype = _DTYPES[cursor.number("<B")]
        variables[name] = cursor.take(cursor.number("<I")).view(dtype).reshape(shape)
    for alias in cursor.names():
        variables[alias] = variables[cursor.text()]
    return variables


class _Cursor:
    """A position in the bytes of a file."""

    def __init__(self, data: NDArray[np.uint8]):
        self._data = data
        self._at = 0

    def take(self, size: int) -> NDArray[np.uint8]:
        """The next bytes, without a copy."""
        taken = self._data[self._at : self._at + size]
        if len(taken) < size:
            raise ValueError("the file is truncated")
        self._at += size
        return taken

    def number(self, form: str) -> int:
        """The next number, in `struct`'s notation."""
        (value,) = struct.unpack(form, self.take(struct.calcsize(form)).tobytes())
        return int(value)

    def text(self) -> str:
        """The next text, of which the length comes first."""
        return self.take(self.number("<H")).tobytes().rstrip(b"\0").decode()

    def names(self) -> Iterator[str]:
        """The names of the following entries, of which the number comes first."""
        for _ in range(self.number("<I")):
            yield self.text()
