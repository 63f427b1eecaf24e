"""Recordings with planted secrets: tags, locations, covers and chapters in every possible part."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from typing import Any

import av

from annotate.media.audio import RATE, Samples
from tests.media_files import chunk, pcm16, wav

NAME = b"A Person's Name"
LOCATION = b"+48.2082+016.3738/"
MAIL = b"someone@example.org"
DEVICE = b"Secretphone 14"
TIME = b"2024-05-06T07:08:09"
DATE = b"2024-05-06"
COVER = b"planted cover"
TRACK = b"planted track"
CHAPTER = b"planted chapter"
AFTER = b"planted after the end"

SECRETS = (NAME, LOCATION, MAIL, DEVICE, DATE, COVER, TRACK, CHAPTER, AFTER)
"""Data that no file that leaves the lake may contain."""

_TAGS = {
    "artist": NAME.decode(),
    "title": NAME.decode(),
    "comment": MAIL.decode(),
    "location": LOCATION.decode(),
    "description": f"{DEVICE.decode()}, {TIME.decode()}",
    "creation_time": TIME.decode() + "Z",
    "encoder": DEVICE.decode(),
}
_CREATED = 3_797_824_089
"""`TIME` in MP4: seconds since the start of 1904."""

Format = tuple[str, str, dict[str, Any]]

FORMATS: dict[str, Format] = {
    "phone.m4a": ("ipod", "aac", {}),
    "phone.mp4": ("mp4", "aac", {"layout": "stereo"}),
    "opus.mp4": ("mp4", "libopus", {}),
    "lossless.m4a": ("ipod", "alac", {}),
    "browser.webm": ("webm", "libopus", {}),
    "vorbis.webm": ("webm", "vorbis", {"layout": "stereo", "options": {"strict": "-2"}}),
    "aac.mkv": ("matroska", "aac", {}),
    "flac.mkv": ("matroska", "flac", {}),
    "opus.ogg": ("ogg", "libopus", {}),
    "vorbis.ogg": ("ogg", "vorbis", {"layout": "stereo", "options": {"strict": "-2"}}),
    "flac.ogg": ("ogg", "flac", {}),
    "sound.caf": ("caf", "pcm_s16be", {}),
    "sound.w64": ("w64", "pcm_s16le", {}),
    "float.wav": ("wav", "pcm_f32le", {}),
    "deep.wav": ("wav", "pcm_s24le", {"rate": 44_100}),
}
"""Container, codec and other arguments of `tagged`, by file name."""


def planted(samples: Samples) -> dict[str, bytes]:
    """Files of the same samples (mono at `RATE`) in each format, with secrets, by file name."""
    files = {
        name: tagged(samples, container, codec, **over)
        for name, (container, codec, over) in FORMATS.items()
    }
    mp3, flac = tagged(samples, "mp3", "libmp3lame"), tagged(samples, "flac", "flac")
    return files | {
        "recorder.mp3": _id3_with_cover() + mp3 + _ape() + _id3v1(),
        "music.flac": _with_cover(flac) + _id3v1(),
        "stream.aac": _id3_with_cover() + tagged(samples, "adts", "aac") + _id3v1(),
        "studio.wav": wav(pcm16(samples), before=_list() + _bext(), after=_list()),
    }


def tagged(
    samples: Samples,
    container: str,
    codec: str,
    *,
    rate: int = 48_000,
    layout: str = "mono",
    options: dict[str, str] | None = None,
) -> bytes:
    """The samples encoded, with all metadata that the container allows, and a chapter."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        out.metadata.update(_TAGS)
        out.set_chapters([_chapter(len(samples) * 1000 // RATE)])
        stream: Any = out.add_stream(codec, rate=rate, layout=layout, options=options or {})
        stream.metadata.update({"title": TRACK.decode(), "handler_name": TRACK.decode()})
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="flt", layout="mono")
        frame.sample_rate = RATE
        fifo = av.AudioFifo()
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            fifo.write(piece)
        for piece in fifo.read_many(stream.codec_context.frame_size or 960, partial=True):
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return file.getvalue()


def secrets_in(data: bytes) -> list[bytes]:
    """The secrets that are in a file, also as UTF-16 or as an MP4 time."""
    secrets = [secret for secret in SECRETS if secret in data or _wide(secret) in data]
    return secrets + [TIME] * (struct.pack(">I", _CREATED) in data)


def _wide(secret: bytes) -> bytes:
    return secret.decode().encode("utf-16-le")


def _chapter(length_ms: int) -> Any:
    return {
        "id": 1,
        "start": 0,
        "end": length_ms,
        "time_base": Fraction(1, 1000),
        "metadata": {"title": CHAPTER.decode()},
    }


def _id3_with_cover() -> bytes:
    picture = b"\0image/jpeg\0\x03\0" + b"\xff\xd8\xff\xe0" + COVER
    name = b"\0" + NAME
    frames = b"".join(
        kind + struct.pack(">IH", len(content), 0) + content
        for kind, content in ((b"TPE1", name), (b"APIC", picture))
    )
    size = len(frames)
    synchsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + synchsafe + frames


def _id3v1() -> bytes:
    return b"TAG" + AFTER.ljust(30, b"\0") + NAME.ljust(30, b"\0") + bytes(64) + b"\x0c"


def _ape() -> bytes:
    item = struct.pack("<II", len(MAIL), 0) + b"Comment\0" + MAIL
    size = len(item) + 32
    head = b"APETAGEX" + struct.pack("<IIII8x", 2000, size, 1, 0xA0000000)
    foot = b"APETAGEX" + struct.pack("<IIII8x", 2000, size, 1, 0x80000000)
    return head + item + foot


def _with_cover(flac: bytes) -> bytes:
    """The FLAC with an added block that contains a picture."""
    kind, cover = b"image/jpeg", b"\xff\xd8\xff\xe0" + COVER
    block = struct.pack(">II", 3, len(kind)) + kind + struct.pack(">I", len(DEVICE)) + DEVICE
    block += struct.pack(">IIIII", 1, 1, 24, 0, len(cover)) + cover
    first = 4 + 4 + 34
    return flac[:first] + b"\x06" + struct.pack(">I", len(block))[1:] + block + flac[first:]


def _list() -> bytes:
    info = chunk(b"IART", NAME + b"\0") + chunk(b"ICMT", MAIL + b"\0")
    return chunk(b"LIST", b"INFO" + info + chunk(b"ISFT", DEVICE + b"\0"))


def _bext() -> bytes:
    """A chunk of the Broadcast Wave Format: description, originator and time."""
    fixed = LOCATION.ljust(256, b"\0") + NAME.ljust(32, b"\0") + DEVICE.ljust(32, b"\0")
    return chunk(b"bext", fixed + b"2024-05-0607:08:09" + bytes(8 + 2 + 64 + 190))
