"""Validation of a WAV file's header before decoding.

FFmpeg ignores impossible values, and lengths that exceed the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from annotate.media.channels import FASTEST_RATE, SLOWEST_RATE
from annotate.model.errors import RejectedError

UNKNOWN_SIZE = 0xFFFF_0000
"""A WAV written to a pipe has a size of about 2^32 bytes, which means "unknown"."""

_PCM, _FLOAT, _ALAW, _MULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_UNCOMPRESSED = frozenset({_PCM, _FLOAT, _ALAW, _MULAW, _EXTENSIBLE})


@dataclass(frozen=True, slots=True)
class _Format:
    tag: int
    channels: int
    rate: int
    bytes_per_second: int
    block: int
    bits: int


def reject_impossible(data: bytes, max_seconds: float) -> None:
    """Reject a WAV whose header is impossible or exceeds the length limit.

    Raises:
        RejectedError: `bad_header` or `too_long`.
    """
    if data[:4] not in (b"RIFF", b"RF64", b"BW64") or data[8:12] != b"WAVE":
        return
    fmt: _Format | None = None
    long_size: int | None = None
    for kind, size, at in _chunks(data):
        if kind == b"ds64" and at + 16 <= len(data):
            (long_size,) = struct.unpack_from("<Q", data, at + 8)
        elif kind == b"fmt " and at + 16 <= len(data):
            fmt = _Format(*struct.unpack_from("<HHIIHH", data, at))
            _reject_format(fmt)
        elif kind == b"data":
            if long_size is not None and size >= UNKNOWN_SIZE:
                size = long_size
            elif size >= UNKNOWN_SIZE:
                return
            _reject_length(fmt, size, max_seconds)
            return


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk's name and size, and the offset of its content."""
    at = 12
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        yield kind, size, at + 8
        at += 8 + size + size % 2


def _reject_format(fmt: _Format) -> None:
    wrong = None
    if not SLOWEST_RATE <= fmt.rate <= FASTEST_RATE:
        wrong = f"a sample rate of {fmt.rate} Hz"
    elif not fmt.channels:
        wrong = "no channels"
    elif fmt.tag in _UNCOMPRESSED and not fmt.bits:
        wrong = "samples of 0 bits"
    elif fmt.tag in _UNCOMPRESSED and fmt.block % fmt.channels:
        wrong = f"{fmt.block} bytes for a sample of each of {fmt.channels} channels"
    if wrong is not None:
        raise RejectedError("bad_header", f"the WAV header is impossible: {wrong}")


def _reject_length(fmt: _Format | None, size: int, max_seconds: float) -> None:
    if fmt is None:
        return
    by_samples = fmt.rate * fmt.channels * -(-fmt.bits // 8)
    per_second = by_samples if fmt.tag in _UNCOMPRESSED else fmt.bytes_per_second
    if per_second and size / per_second > max_seconds:
        raise RejectedError("too_long", f"the header claims {size / per_second:.0f} s of sound")
