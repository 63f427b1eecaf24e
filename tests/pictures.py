"""Images as cameras and phones write them, with secrets planted in every possible part."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageCms

SECRETS = (
    b"SN-0042-SECRET",  # the camera's serial number
    b"Secretcam",  # its maker
    struct.pack(">6I", 59, 1, 19, 1, 4523, 100),  # 59 degrees 19' 45.23", as in EXIF
    b"59.329230",  # the same location, as in XMP
    b"A Person's Name",
    b"planted comment",
    b"planted thumbnail",
    b"planted after the end",
    b"2024:05:06 07:08:09",
)
"""Data that no file that leaves the lake may contain."""

NUMBER, MAKER, LOCATION, DEGREES, PERSON, COMMENT, THUMBNAIL, AFTER, MOMENT = SECRETS
XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><rdf:Description exif:GPSLatitude='59.329230'/>"


def a_picture(mode: str = "RGB", size: tuple[int, int] = (48, 32)) -> Image.Image:
    """An image with four different corners, so that each rotation is visible."""
    width, height = size
    image = Image.new("RGB", size, (200, 40, 40))
    image.paste((40, 200, 40), (width // 2, 0, width, height // 2))
    image.paste((40, 40, 200), (0, height // 2, width // 2, height))
    image.paste((230, 230, 230), (width // 2, height // 2, width, height))
    return image.convert(mode)


def encoded(kind: str, image: Image.Image | None = None, **options: Any) -> bytes:
    packed = io.BytesIO()
    (image or a_picture()).save(packed, kind, **options)
    return packed.getvalue()


def exif_block(orientation: int = 1, endian: str = ">", *, secrets: bool = False) -> bytes:
    """A TIFF block with an orientation and optional maker, number, time, location and thumbnail."""
    entries: list[tuple[int, int, int, bytes]] = [
        (0x0112, 3, 1, struct.pack(f"{endian}H", orientation))
    ]
    if secrets:
        texts = {0x010F: MAKER, 0x0132: MOMENT, 0x013B: PERSON, 0xA431: NUMBER, 0xC65A: THUMBNAIL}
        entries += [(tag, 2, len(text) + 1, text + b"\0") for tag, text in texts.items()]
        entries.append((0x0002, 5, 3, LOCATION))
    entries.sort()
    start = 8 + 2 + 12 * len(entries) + 4
    table, body = b"", b""
    for tag, kind, count, value in entries:
        field = value.ljust(4, b"\0")
        if len(value) > 4:
            field = struct.pack(f"{endian}I", start + len(body))
            body += value
        table += struct.pack(f"{endian}HHI", tag, kind, count) + field
    order = b"MM" if endian == ">" else b"II"
    head = order + struct.pack(f"{endian}HIH", 42, 8, len(entries))
    return head + table + b"\0" * 4 + body


def a_profile() -> bytes:
    """An sRGB profile with the camera's number in its name and the owner in a private tag."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    (count,) = struct.unpack_from(">I", plain, 128)
    tags = [struct.unpack_from(">4sII", plain, 132 + 12 * index) for index in range(count)]
    texts = {b"desc": NUMBER, b"dmnd": MAKER, b"priv": PERSON}
    parts = {name: plain[at : at + size] for name, at, size in tags} | {
        name: b"text" + b"\0" * 4 + text + b"\0" for name, text in texts.items()
    }
    table, body = struct.pack(">I", len(parts)), b""
    for name, part in parts.items():
        table += struct.pack(">4sII", name, 132 + 12 * len(parts) + len(body), len(part))
        body += part + b"\0" * (-len(part) % 4)
    head = plain[4:48] + b"Secr" + b"etca" + plain[56:128]
    whole = head + table + body
    return struct.pack(">I", len(whole) + 4) + whole


def segment(marker: int, body: bytes) -> bytes:
    """A segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def planted_jpeg(orientation: int = 1, image: Image.Image | None = None, **options: Any) -> bytes:
    """A JPEG with secrets in every segment that can contain one, and after the end."""
    plain = encoded("JPEG", image, quality=90, **options)
    planted = (
        segment(0xE0, b"JFXX\0\x10" + THUMBNAIL)
        + segment(0xE1, b"Exif\0\0" + exif_block(orientation, secrets=True))
        + segment(0xE1, XMP)
        + segment(0xE2, b"FPXR\0" + NUMBER)
        + segment(0xE4, MAKER)
        + segment(0xED, b"Photoshop 3.0\0" + PERSON)
        + segment(0xFE, COMMENT)
    )
    if image is None or image.mode == "RGB":
        planted += segment(0xE2, b"ICC_PROFILE\0\x01\x01" + a_profile())
    scan = plain.index(b"\xff\xda")
    return plain[:2] + planted + plain[2:scan] + segment(0xFE, COMMENT) + plain[scan:] + AFTER


def two_pictures() -> bytes:
    """A phone's JPEG of two pictures (MPO), with secrets in the second."""
    packed = io.BytesIO()
    a_picture().save(packed, "MPO", save_all=True, append_images=[a_picture("L").convert("RGB")])
    return packed.getvalue() + planted_jpeg()


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def planted_png(orientation: int = 1, image: Image.Image | None = None) -> bytes:
    """A PNG with secrets in every kind of chunk that can contain one, and after the end."""
    plain = encoded("PNG", image)
    planted = (
        chunk(b"tEXt", b"Comment\0" + COMMENT)
        + chunk(b"zTXt", b"Author\0\0" + zlib.compress(PERSON))
        + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
        + chunk(b"eXIf", exif_block(orientation, secrets=True))
        + chunk(b"iCCP", NUMBER + b"\0\0" + zlib.compress(a_profile()))
        + chunk(b"caNv", MAKER)
        + chunk(b"sPLT", THUMBNAIL + b"\0\x08")
    )
    header, end = 8 + 25, plain.rindex(b"IEND") - 4
    late = chunk(b"tEXt", b"Comment\0" + MOMENT)
    return plain[:header] + planted + plain[header:end] + late + plain[end:] + AFTER


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WebP of these chunks."""
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
        for kind, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def planted_webp(orientation: int = 1, *, lossless: bool = False) -> bytes:
    """A WebP with secrets in every chunk that can contain one, and after the end."""
    plain = encoded("WEBP", lossless=lossless)
    kind, size = struct.unpack_from("<4sI", plain, 12)
    head = bytes((0x2C, 0, 0, 0)) + (47).to_bytes(3, "little") + (31).to_bytes(3, "little")
    return (
        riff(
            (b"VP8X", head),
            (b"ICCP", a_profile()),
            (kind, plain[20 : 20 + size]),
            (b"EXIF", exif_block(orientation, secrets=True)),
            (b"XMP ", XMP),
            (b"note", COMMENT),
        )
        + AFTER
    )


def animated(kind: str) -> bytes:
    """An animation of two pictures."""
    return encoded(kind, save_all=True, append_images=[a_picture("L").convert("RGB")], duration=99)


def grey_16(shade: int = 0x8000, size: tuple[int, int] = (48, 32)) -> bytes:
    """A PNG of one grey of 16 bits."""
    return encoded("PNG", Image.new("I;16", size, shade))


def an_empty_png(width: int, height: int) -> bytes:
    """A small PNG whose header states this size, without pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


HEADS = (
    b"\xff\xd8\xff",
    b"\xff\xd8\xff\xe1\0\x20Exif\0\0MM\0*",
    b"\x89PNG\r\n\x1a\n",
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR",
    b"RIFF\x40\0\0\0WEBP",
    b"RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0",
)
"""How files of the three kinds begin."""
