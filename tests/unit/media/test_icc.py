"""Colour profiles keep colour information and lose device information."""

import io
import struct

import pytest
from PIL import ImageCms

from annotate.media.icc import plain_profile
from tests.pictures import SECRETS, a_profile


def tags(profile: bytes) -> list[bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    return [profile[132 + 12 * index : 136 + 12 * index] for index in range(count)]


def test_tags_that_name_devices_and_people_are_removed() -> None:
    assert any(secret in a_profile() for secret in SECRETS)
    plain = plain_profile(a_profile(), b"RGB ")
    assert plain is not None
    assert set(tags(plain)) == set(b"desc cprt wtpt chad rXYZ gXYZ bXYZ rTRC gTRC bTRC".split())
    assert not any(secret in plain for secret in SECRETS)
    assert plain[48:56] == b"\0" * 8  # maker and model in the header
    ImageCms.ImageCmsProfile(io.BytesIO(plain))


def test_a_cleaned_profile_is_unchanged() -> None:
    plain = plain_profile(a_profile(), b"RGB ")
    assert plain is not None
    assert plain_profile(plain, b"RGB ") == plain


@pytest.mark.parametrize(
    ("profile", "space"),
    [
        (b"", b"RGB "),
        (b"nonsense" * 99, b"RGB "),
        (a_profile(), b"CMYK"),
        (a_profile()[:100], b"RGB "),
        (a_profile()[:132], b"RGB "),
        (a_profile() + b"\0" * 5_000_000, b"RGB "),
    ],
    ids=["empty", "nonsense", "another space", "cut in the header", "cut in the tags", "too long"],
)
def test_a_broken_or_unsuitable_profile_is_dropped(profile: bytes, space: bytes) -> None:
    assert plain_profile(profile, space) is None


def test_a_tag_is_truncated_to_its_own_length() -> None:
    profile = bytearray(a_profile())
    curve = b"curv" + b"\0" * 4 + struct.pack(">I", 1) + b"\x02\x33" + b"SECRET" * 4
    profile += curve
    for index in range(len(tags(bytes(profile)))):
        at = 132 + 12 * index
        name = bytes(profile[at : at + 4])
        if name == b"rTRC":
            struct.pack_into(">4sII", profile, at, name, len(profile) - len(curve), len(curve))
    plain = plain_profile(bytes(profile), b"RGB ")
    assert plain is not None
    assert b"SECRET" not in plain
    assert b"curv\0\0\0\0\0\0\0\x01\x02\x33" in plain
