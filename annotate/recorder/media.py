"""Media type detection from a file's first bytes; names and declared types are ignored."""

from __future__ import annotations

from dataclasses import dataclass

from annotate.recorder.errors import RequestError

HEAD_BYTES = 4096
"""How many bytes of a file are inspected."""

EBML = b"\x1a\x45\xdf\xa3"
_SOUND_IN_OGG = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")


@dataclass(frozen=True, slots=True)
class Media:
    """A file format of recorders: its media type and the suffix of its stored file."""

    media_type: str
    suffix: str


WEBM = Media("audio/webm", "webm")
OGG = Media("audio/ogg", "ogg")
MP4 = Media("audio/mp4", "m4a")
WAV = Media("audio/wav", "wav")
KINDS = (WEBM, OGG, MP4, WAV)


def sniff(data: bytes) -> Media:
    """Detect WebM, Ogg, MP4 and WAV by their first bytes.

    Raises:
        RequestError: 415 `not_audio`, for any other format.
    """
    head = data[:HEAD_BYTES]
    if head.startswith(EBML) and b"webm" in head[:64]:
        return WEBM
    if head.startswith(b"OggS") and any(mark in head[:64] for mark in _SOUND_IN_OGG):
        return OGG
    if head[4:8] == b"ftyp" and len(head) >= 16:
        return MP4
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return WAV
    raise RequestError(415, "not_audio", "Send a WebM, Ogg, MP4 or WAV recording.")


def by_suffix(suffix: str) -> Media:
    """The file format with this suffix.

    Raises:
        KeyError: If there is none.
    """
    return {kind.suffix: kind for kind in KINDS}[suffix]
