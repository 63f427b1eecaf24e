"""Reading of a text file's lines in UTF-8, UTF-16 or UTF-32, each of bounded size."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO

from annotate.model.errors import AnnotateError

MEND = "save the file as UTF-8"

# The marks of UTF-32 are first: that of UTF-16-LE is a prefix of that of UTF-32-LE.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLine:
    """A line with its number from 1, and its text or its error."""

    number: int
    text: str = ""
    error: str | None = None


def read_lines(file: BinaryIO, max_bytes: int) -> Iterator[RawLine]:
    """The lines that aren't blank, without their ends.

    A line ends with LF or CR LF, and with nothing else: a JSON text may contain other separators.
    A byte order mark is skipped, and decides between UTF-8, UTF-16 and UTF-32. At most the longest
    allowed line is in memory at once.

    Raises:
        AnnotateError: If the file can't be read.

    Args:
        file: Open at its start, to be read once.
        max_bytes: A line of more bytes (of UTF-16 or UTF-32: characters) has an error instead of a
            text.
    """
    try:
        start = file.read(4)
        file.seek(0)
        encoding = next((name for mark, name in _MARKS if start.startswith(mark)), None)
        if encoding is None:
            yield from _lines(_utf8(file, max_bytes), max_bytes)
        else:
            yield from _lines(_wide(file, encoding, max_bytes), max_bytes)
    except OSError as error:
        raise AnnotateError(f"{file.name} can't be read: {error.strerror or error}") from error


def _lines(texts: Iterator[str | UnicodeDecodeError | None], max_bytes: int) -> Iterator[RawLine]:
    """Lines from their texts, their decoding errors, or None for lines that are too long."""
    for number, text_or_error in enumerate(texts, start=1):
        if text_or_error is None:
            yield RawLine(number=number, error=f"longer than {max_bytes} bytes")
        elif isinstance(text_or_error, UnicodeDecodeError):
            yield RawLine(number=number, error=_no_text(text_or_error))
        elif text := text_or_error.removeprefix("\ufeff").strip(" \t\r\n"):
            yield RawLine(number=number, text=text)


def _utf8(file: IO[bytes], max_bytes: int) -> Iterator[str | UnicodeDecodeError | None]:
    while raw := file.readline(max_bytes + 2):
        if len(raw) > max_bytes + 1 or (len(raw) > max_bytes and not raw.endswith(b"\n")):
            while raw and not raw.endswith(b"\n"):
                raw = file.readline(max_bytes)
            yield None
            continue
        try:
            yield raw.decode()
        except UnicodeDecodeError as error:
            yield error


def _wide(
    file: IO[bytes], encoding: str, max_chars: int
) -> Iterator[str | UnicodeDecodeError | None]:
    with io.TextIOWrapper(file, encoding, errors="replace", newline="\n") as reader:
        while text := reader.readline(max_chars + 1):
            if len(text) > max_chars and not text.endswith("\n"):
                while text and not text.endswith("\n"):
                    text = reader.readline(max_chars)
                yield None
            elif "\ufffd" in text:
                at = text.index("\ufffd")
                yield UnicodeDecodeError(encoding, b"", at, at + 1, "broken")
            else:
                yield text


def _no_text(error: UnicodeDecodeError) -> str:
    byte = f" (0x{error.object[error.start]:02x})" if error.object else ""
    return f"what stands at position {error.start + 1}{byte} isn't {error.encoding.upper()}; {MEND}"
