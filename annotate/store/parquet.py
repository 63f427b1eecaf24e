"""Parquet files with checksums in their pages and in their names, so that damage is detected.

Most flipped bits in compressed pages cause no error and silently change a value. Arrow writes a
CRC-32 into each page's header, as the Parquet format provides, and checks it on request; polars
does neither. The format has no checksum for the bytes outside the pages, so a file's name contains
the hash of the whole file and of its footer. A small file is hashed in full before it is first
read. Of a large file only the footer is hashed then, and the pages are checked as they are read, so
that reading two columns doesn't read the whole file.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow.fs import LocalFileSystem

CHECKED = ds.ParquetFileFormat(
    default_fragment_scan_options=ds.ParquetFragmentScanOptions(
        pre_buffer=True, page_checksum_verification=True
    )
)

COMPRESSION = "zstd"

SMALL = 8 * 2**20
"""Bytes up to which a file is hashed in full before it is first read."""

DIGITS = 32
"""Hex digits of a SHA-256 in a name."""

NAME = re.compile(r"part-\d{8,}-[0-9a-f]{8}-([0-9a-f]{32})-([0-9a-f]{32})\.parquet")
"""A file's name: the version that it was written for, a random part, which separates the files of
two processes that write the same rows, the hash of its bytes, and the hash of its footer."""

END = 8
"""Bytes after the footer: its length, and the four letters that end a Parquet file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A new file: its name in the folder, its size in bytes, and when it was written, in ms."""

    name: str
    size: int
    modified_ms: int


def write(folder: str, version: int, rows: pl.DataFrame) -> Written:
    """Write a new file, so that it is on the disk before a commit names it.

    Raises:
        OSError: It can't be written; the partial file is deleted.
    """
    buffer = pa.BufferOutputStream()
    pq.write_table(rows.to_arrow(), buffer, compression=COMPRESSION, write_page_checksum=True)
    data = buffer.getvalue().to_pybytes()
    own = secrets.token_hex(4)
    name = f"part-{version:08d}-{own}-{_hash(data)}-{_hash(_footer(data))}.parquet"
    path = os.path.join(folder, name)
    try:
        with open(path, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            os.remove(path)
        raise
    info = os.stat(path)
    return Written(name=name, size=info.st_size, modified_ms=int(info.st_mtime * 1000))


def scan(paths: Sequence[str], schema: pl.Schema) -> pl.LazyFrame:
    """Every row of some local files; columns and fields that a file lacks are null.

    Collecting raises an `OSError` if a damaged page is in the columns that are read.
    Files without checksums are read unchecked.

    Args:
        paths: Used literally, without patterns.
    """
    if not paths:
        return pl.LazyFrame(schema=schema)
    dataset = ds.dataset(
        list(paths),
        schema=pl.DataFrame(schema=schema).to_arrow().schema,
        format=CHECKED,
        filesystem=LocalFileSystem(),
    )
    # polars filters: Arrow's filters fail on strings in files of other writers.
    return pl.scan_pyarrow_dataset(dataset, allow_pyarrow_filter=False)


def outer_damage(path: str) -> str | None:
    """Damage outside the pages of a file, or None; called before the file is first read.

    Raises:
        OSError: It can't be read.
    """
    named = NAME.fullmatch(os.path.basename(path))
    if named is None:
        return None  # of another writer
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= SMALL:
            return None if _hash(file.read()) == named[1] else "its bytes have changed"
        file.seek(size - END)
        end = file.read(END)
        file.seek(max(0, size - END - struct.unpack("<I", end[:4])[0]))
        return None if _hash(file.read()) == named[2] else "its footer has changed"


def damage(path: str) -> str | None:
    """Read a file in full and return what is damaged, or None.

    Raises:
        FileNotFoundError: There is no such file.
    """
    named = NAME.fullmatch(os.path.basename(path))
    try:
        if named is not None:
            with open(path, "rb") as whole:
                found = hashlib.file_digest(whole, "sha256").hexdigest()[:DIGITS]
            return None if found == named[1] else "its bytes have changed"
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for _ in file.iter_batches(batch_size=1024):
                pass
    except FileNotFoundError:
        raise
    except Exception as error:  # damaged bytes can cause any error in the reader
        return (str(error).splitlines() or [type(error).__name__])[0]
    return None


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:DIGITS]


def _footer(data: bytes) -> bytes:
    return data[-END - struct.unpack("<I", data[-END:-4])[0] :]
