"""File type detection from a file's first bytes; names are ignored."""

from __future__ import annotations

from annotate.media.png import SIGNATURE

ACCEPTED = "JPEG, PNG or WebP"

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (SIGNATURE, "PNG"),
    (b"GIF8", "a GIF"),
    (b"II*\0", "a TIFF or a camera's raw picture"),
    (b"MM\0*", "a TIFF or a camera's raw picture"),
    (b"II+\0", "a TIFF"),
    (b"MM\0+", "a TIFF"),
    (b"BM", "a BMP"),
    (b"8BPS", "a Photoshop document"),
    (b"%PDF", "a PDF"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL"),
    (b"\xff\x0a", "a JPEG XL"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (b"\0\0\x01\0", "an icon"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1a\x45\xdf\xa3", "a WebM or Matroska film"),
)
_BRANDS = {b"avif": "an AVIF", b"avis": "an AVIF", b"qt  ": "a QuickTime film"}
_HEIF = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


def kind_of(data: bytes) -> str:
    """`JPEG`, `PNG`, `WEBP`, or a description of another type."""
    if data[:4] == b"RIFF" and len(data) >= 12:
        return "WEBP" if data[8:12] == b"WEBP" else "a WAV, AVI or another RIFF file"
    if data[4:8] == b"ftyp":
        if data[8:12] in _HEIF:
            return "a HEIC, as phones make them"
        return _BRANDS.get(data[8:12], "an MP4 film or sound")
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    return _of_text(data[:1024])


def _of_text(start: bytes) -> str:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<svg", b"<?xml", b"<!doctype svg")):
        return "an SVG or other XML"
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page, perhaps an error page that was saved"
    if text.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer: run `git lfs pull`"
    return "no picture"
