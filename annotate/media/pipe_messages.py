"""Messages over a socket between this process and those that open untrusted bytes.

A message is a pickle with separate buffers for its arrays, so that samples aren't copied into it.
The unpickler of messages from a process that has opened untrusted bytes allows only data: of
classes, this project's dataclasses and numpy's arrays, and no other function is loaded or called.
"""

from __future__ import annotations

import pickle
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import is_dataclass
from io import BytesIO
from typing import Any

LARGEST_REPLY = 2**31
"""Largest valid message in bytes."""

_NUMPY = frozenset({"_frombuffer", "_reconstruct", "scalar", "ndarray", "dtype"})


class _DataOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """The class of that name, if its objects contain only data."""
        found = None
        if module.partition(".")[0] == "numpy" and name in _NUMPY:
            found = super().find_class(module, name)
        elif module.startswith("annotate."):
            found = super().find_class(module, name)
            found = found if isinstance(found, type) and is_dataclass(found) else None
        if found is None:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a result")
        return found


def send(link: socket.socket, message: Any, deadline: float | None = None) -> None:
    """Send a message.

    Args:
        deadline: By `time.monotonic`; None to wait without limit.

    Raises:
        TimeoutError: The deadline has passed.
        OSError: The other side has closed the socket.
    """
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
    parts: list[memoryview[int]] = [memoryview(body), *(buffer.raw() for buffer in buffers)]
    head = struct.pack(f"!Q{len(parts)}Q", len(parts), *(part.nbytes for part in parts))
    for part in [memoryview(head), *parts]:
        _limit(link, deadline)
        link.sendall(part)


def receive(link: socket.socket) -> Any:
    """The next message from a trusted process.

    Raises:
        EOFError: The other side has closed the socket.
    """
    body, *buffers = _parts(link, None, None)
    return pickle.loads(body, buffers=buffers)  # noqa: S301 (from the process that started this one)


def receive_data(link: socket.socket, deadline: float) -> Any:
    """The next message from an untrusted process.

    Raises:
        TimeoutError: The deadline has passed.
        EOFError: The other side has closed the socket.
        ValueError: It isn't a message with only data in it.
    """
    body, *buffers = _parts(link, deadline, LARGEST_REPLY)
    try:
        return _DataOnly(BytesIO(body), buffers=buffers).load()
    except Exception as error:
        raise ValueError(f"not a result: {error}") from error


def _parts(link: socket.socket, deadline: float | None, most: int | None) -> Sequence[bytearray]:
    (count,) = struct.unpack("!Q", _exactly(link, 8, deadline))
    if most is not None and not 0 < count <= 1000:
        raise ValueError("not a result: too many parts")
    sizes = struct.unpack(f"!{count}Q", _exactly(link, 8 * count, deadline))
    if most is not None and sum(sizes) > most:
        raise ValueError(f"not a result: {sum(sizes)} bytes")
    return [_exactly(link, size, deadline) for size in sizes]


def _exactly(link: socket.socket, size: int, deadline: float | None) -> bytearray:
    data = bytearray(size)
    view, filled = memoryview(data), 0
    while filled < size:
        _limit(link, deadline)
        got = link.recv_into(view[filled:])
        if not got:
            raise EOFError("the other side has closed the socket")
        filled += got
    return data


def _limit(link: socket.socket, deadline: float | None) -> None:
    if deadline is None:
        link.settimeout(None)
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    link.settimeout(left)
