"""Detection of the media type from a file's content."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotate.recorder.errors import RequestError
from annotate.recorder.media import KINDS, by_suffix, sniff

RECORDINGS = Path(__file__).parents[3] / "data" / "demo" / "recordings"


@pytest.mark.parametrize("name", ["cat-01.webm", "astronaut-03.ogg", "cat-03.m4a", "coffee-03.wav"])
def test_the_type_of_real_recordings_is_detected_from_their_bytes(name: str) -> None:
    assert sniff((RECORDINGS / name).read_bytes()).suffix == name.partition(".")[2]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF\x00\x00\x00\x00AVI ",
        b"OggS" + bytes(24) + b"\x80theora",
        b"\x1a\x45\xdf\xa3" + bytes(8) + b"matroska",
        b"....ftyp",
        b"<html>OggS webm ftyp RIFF WAVE</html>",
        b"ID3\x04" + bytes(100),
    ],
)
def test_other_content_is_rejected(data: bytes) -> None:
    with pytest.raises(RequestError) as caught:
        sniff(data)
    assert (caught.value.status, caught.value.code) == (415, "not_audio")


def test_each_type_is_found_by_its_suffix() -> None:
    assert [by_suffix(kind.suffix) for kind in KINDS] == list(KINDS)
    with pytest.raises(KeyError):
        by_suffix("exe")
