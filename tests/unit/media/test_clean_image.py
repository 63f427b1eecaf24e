"""Clean copies contain the image and none of the planted metadata."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from annotate.media.clean_image import clean_copy, open_image, put_clean
from annotate.media.images import examine, to_srgb
from annotate.model.errors import AnnotateError, RejectedError
from annotate.model.ids import sha256_hex
from annotate.store.lake import Lake
from tests import pictures
from tests.builders import an_image
from tests.pictures import SECRETS, encoded, planted_jpeg, planted_png, planted_webp

PLANTED = {
    "JPEG": planted_jpeg(),
    "progressive JPEG": planted_jpeg(progressive=True),
    "grey JPEG": planted_jpeg(image=pictures.a_picture("L")),
    "CMYK JPEG": planted_jpeg(image=pictures.a_picture("CMYK")),
    "two pictures": pictures.two_pictures(),
    "PNG": planted_png(),
    "palette PNG": planted_png(image=pictures.a_picture("P")),
    "WebP": planted_webp(),
    "lossless WebP": planted_webp(lossless=True),
    "turned JPEG": planted_jpeg(6),
    "turned PNG": planted_png(6),
    "turned WebP": planted_webp(6),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_clean_copy_contains_none_of_the_planted_secrets(name: str) -> None:
    data = PLANTED[name]
    assert sum(secret in data for secret in SECRETS) > 4  # the secrets are planted
    picture = examine(data)
    assert [secret for secret in SECRETS if secret in picture.clean] == []
    with Image.open(io.BytesIO(picture.clean)) as image:
        image.load()
        allowed = {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "icc_profile",
            "transparency",
        }
        allowed |= {"adobe", "adobe_transform", "progressive", "progression", "loop", "duration"}
        allowed |= {"background", "timestamp"}  # Pillow adds these to every WebP
        assert set(image.info) <= allowed
        profile = image.info.get("icc_profile", b"")
    assert [secret for secret in SECRETS if secret in profile] == []


@pytest.mark.parametrize("name", [name for name in PLANTED if "turned" not in name])
def test_pixels_and_colours_are_unchanged(name: str) -> None:
    data = PLANTED[name]
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(examine(data).clean)) as now:
        assert now.convert("RGBA").tobytes() == before.convert("RGBA").tobytes()
    assert to_srgb(examine(data).clean).tobytes() == to_srgb(examine(data).clean).tobytes()


def test_the_cleaned_colour_profile_gives_the_same_colours() -> None:
    with Image.open(io.BytesIO(examine(planted_jpeg()).clean)) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    srgb = ImageCms.createProfile("sRGB")
    shades = pictures.a_picture()
    converted = ImageCms.profileToProfile(shades, profile, srgb)
    assert converted is not None
    differences = [abs(a - b) for a, b in zip(converted.tobytes(), shades.tobytes(), strict=True)]
    assert max(differences) <= 1
    assert profile.profile.profile_description == "colour profile"


@pytest.mark.parametrize(
    "data", [encoded("JPEG"), encoded("JPEG", progressive=True), encoded("PNG"), encoded("WEBP")]
)
def test_a_clean_file_is_its_own_clean_copy(data: bytes, tmp_path: Path) -> None:
    picture = examine(data)
    assert picture.clean == data
    blobs = Lake(tmp_path).blobs
    assert put_clean(blobs, picture).blob == blobs.put("images", data, picture.suffix)


@pytest.mark.parametrize("name", PLANTED)
def test_cleaning_is_idempotent_and_deterministic(name: str) -> None:
    once = examine(PLANTED[name])
    second = examine(once.clean)
    assert (second.clean, second.width, second.height) == (once.clean, once.width, once.height)
    assert examine(PLANTED[name]).clean == once.clean


def test_a_clean_copy_is_made_on_demand_for_an_image_of_an_older_lake(tmp_path: Path) -> None:
    blobs = Lake(tmp_path).blobs
    data = planted_jpeg(6)
    old = an_image(blob=blobs.put("images", data, "jpg"), clean_blob=None, width=48, height=32)
    copy = clean_copy(blobs, old)
    clean = blobs.get(copy.blob)
    assert (copy.width, copy.height) == (32, 48)
    assert (copy.sha256, copy.bytes) == (sha256_hex(clean), len(clean))
    assert clean == examine(data).clean


def test_an_invalid_or_lost_image_of_an_older_lake_is_an_error(tmp_path: Path) -> None:
    blobs = Lake(tmp_path).blobs
    moving = blobs.put("images", pictures.animated("WEBP"), "webp")
    with pytest.raises(RejectedError, match="animated_image"):
        clean_copy(blobs, an_image(blob=moving, clean_blob=None))
    with pytest.raises(AnnotateError, match="lost"):
        clean_copy(blobs, an_image(clean_blob=None))


def test_an_existing_clean_copy_is_used(tmp_path: Path) -> None:
    row = an_image()
    copy = clean_copy(Lake(tmp_path).blobs, row)
    assert (copy.blob, copy.sha256, copy.bytes) == (row["blob"], row["sha256"], row["bytes"])


def test_an_image_is_opened_in_a_separate_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding is disabled in this process, so it must be done in another."""
    monkeypatch.setattr("annotate.media.images.Image.open", None)
    assert open_image(encoded("JPEG")).width == 48
