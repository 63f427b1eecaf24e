"""Any bytes as an image are accepted or rejected, and no planted secret is in the clean copy."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from annotate.media.exif import orientation
from annotate.media.icc import plain_profile
from annotate.media.images import SUFFIXES, Picture, examine, to_srgb
from annotate.model.errors import RejectedError
from tests import pictures
from tests.pictures import SECRETS, encoded, planted_jpeg, planted_png, planted_webp

VALID = (
    encoded("JPEG"),
    encoded("JPEG", progressive=True),
    encoded("JPEG", pictures.a_picture("CMYK")),
    planted_jpeg(6),
    pictures.two_pictures(),
    encoded("PNG", pictures.a_picture("P"), transparency=0),
    pictures.grey_16(),
    planted_png(8),
    pictures.animated("PNG"),
    encoded("WEBP"),
    planted_webp(lossless=True),
    pictures.animated("WEBP"),
)
HEAD = 12
"""First bytes that identify a file's type; other headers are tested separately."""
REASONS = {"bad_image", "empty_file", "animated_image", "too_many_pixels"}

positions = st.floats(0, 1, exclude_max=True)
changes = st.lists(st.tuples(positions, st.binary(min_size=1, max_size=6)), max_size=6)
inserts = st.lists(st.tuples(positions, st.binary(max_size=40)), max_size=3)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid file with bytes changed, inserted and cut off after those that identify its type."""
    data = bytearray(draw(st.sampled_from(VALID)))
    reach = draw(st.sampled_from((60, 400, len(data))))
    for position, new in draw(changes):
        at = HEAD + int(position * min(reach, len(data) - HEAD))
        data[at : at + len(new)] = new
    for position, new in draw(inserts):
        at = HEAD + int(position * min(reach, len(data) - HEAD))
        data[at:at] = new
    if draw(st.integers(0, 3)) == 3:
        del data[int(draw(positions) * len(data)) :]
    return bytes(data)


def examined(data: bytes) -> Picture | RejectedError:
    try:
        return examine(data)
    except RejectedError as error:
        return error


@given(mutated())
@settings(max_examples=400, deadline=None)
def test_a_changed_image_is_accepted_or_rejected(data: bytes) -> None:
    found = examined(data)
    if isinstance(found, RejectedError):
        assert found.reason in REASONS
        assert found.detail
        assert "BytesIO" not in found.detail
        return
    assert found.suffix in SUFFIXES.values()
    with Image.open(io.BytesIO(found.clean)) as image:
        assert image.size == (found.width, found.height)
    assert to_srgb(found.clean).size == (found.width, found.height)
    again = examine(found.clean)
    assert (again.width, again.height, again.clean) == (found.width, found.height, found.clean)


@given(st.sampled_from(pictures.HEADS), st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_after_a_valid_header_are_accepted_or_rejected(head: bytes, rest: bytes) -> None:
    found = examined(head + rest)
    assert isinstance(found, Picture) or found.reason in REASONS


@given(st.binary(max_size=200), st.sampled_from((b"MM\0*\0\0\0\x08", b"II*\0\x08\0\0\0", b"")))
def test_an_orientation_is_always_from_1_to_8(tiff: bytes, head: bytes) -> None:
    assert orientation(head + tiff) in range(1, 9)


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=12))
@settings(deadline=None)
def test_a_changed_profile_is_dropped_or_contains_no_secret(changed: list[tuple[int, int]]) -> None:
    profile = bytearray(pictures.a_profile())
    for at, value in changed:
        profile[at] = value
    plain = plain_profile(bytes(profile), b"RGB ")
    if plain is not None:
        assert plain_profile(plain, b"RGB ") == plain
        assert not any(secret in plain for secret in SECRETS)


@given(st.integers(1, 8), st.sampled_from(("JPEG", "PNG", "WEBP")), st.binary(max_size=30))
@settings(max_examples=40, deadline=None)
def test_no_planted_secret_survives(turn: int, kind: str, noise: bytes) -> None:
    planted_in = {"JPEG": planted_jpeg, "PNG": planted_png, "WEBP": planted_webp}[kind]
    clean = examine(planted_in(turn) + noise).clean
    assert [secret for secret in SECRETS if secret in clean] == []


markers = st.sampled_from((*range(0xE0, 0xF0), *range(0xF0, 0xFE), 0xFE, 0x02, 0xBF))
kinds = st.from_regex(r"[a-z][A-Za-z]{3}", fullmatch=True).filter(
    lambda kind: kind not in ("tRNS", "gAMA", "cHRM", "sRGB", "cICP", "sBIT", "pHYs", "acTL")
)
starts = st.sampled_from((b"", b"JFIF\0", b"Adobe", b"Exif\0\0", b"ICC_PROFILE\0\1\1", b"name\0\0"))
bodies = st.tuples(starts, st.binary(max_size=30), st.sampled_from(SECRETS)).map(b"".join)


@given(st.lists(st.tuples(markers, bodies), max_size=5))
@settings(max_examples=150, deadline=None)
def test_no_segment_of_a_jpeg_carries_a_secret(segments: list[tuple[int, bytes]]) -> None:
    plain = encoded("JPEG")
    scan = plain.index(b"\xff\xda")
    planted = b"".join(pictures.segment(marker, body) for marker, body in segments)
    for data in (plain[:2] + planted + plain[2:], plain[:scan] + planted + plain[scan:]):
        found = examined(data)
        if isinstance(found, Picture):
            assert not any(secret in found.clean for secret in SECRETS)


@given(st.lists(st.tuples(kinds, bodies), max_size=5))
@settings(max_examples=150, deadline=None)
def test_no_chunk_of_a_png_or_webp_carries_a_secret(chunks: list[tuple[str, bytes]]) -> None:
    plain = encoded("PNG")
    planted = b"".join(pictures.chunk(kind.encode(), body) for kind, body in chunks)
    for at in (33, len(plain) - 12):
        found = examine(plain[:at] + planted + plain[at:])
        assert not any(secret in found.clean for secret in SECRETS)
    named = [(kind.encode(), body) for kind, body in chunks]
    picture = encoded("WEBP", lossless=True)[20:]
    assert examine(pictures.riff(*named, (b"VP8L", picture), *named)).width == 48
    clean = examine(pictures.riff(*named, (b"VP8L", picture), *named)).clean
    assert not any(secret in clean for secret in SECRETS)
