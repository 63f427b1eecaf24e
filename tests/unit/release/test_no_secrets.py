"""From a source with planted secrets to a release, its viewer and a review: no secret is in them.

Cameras and phones store location, time, person and device in the metadata of images and
recordings. Here such metadata is planted in every part of a file that can hold it, and all data
that leaves the lake is searched for it.
"""

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from annotate.execution.runner import run_step
from annotate.ingest.probe import measure_sound
from annotate.ingest.step import Ingest
from annotate.media.audio import decode
from annotate.model.ids import caption_id, sha256_hex
from annotate.model.tables import (
    BOOKKEEPING,
    Captions,
    Images,
    Narrations,
    Recordings,
    Reviews,
    Transcripts,
    Verdicts,
)
from annotate.release.create import create
from annotate.release.options import ReleaseOptions
from annotate.release.select import select
from annotate.release.verify import verify
from annotate.review.review_tasks import TaskBuilder
from annotate.store.lake import Lake
from tests import pictures, planted_audio
from tests.builders import a_narration, a_transcript, a_verdict, frame, narrated
from tests.builders import words as words_of
from tests.pictures import SECRETS, planted_jpeg, planted_png, planted_webp
from tests.release_builders import lineage, tree
from tests.sounds import tone

PLANTED = {
    "upright.jpg": planted_jpeg(),
    "turned.jpg": planted_jpeg(6),
    "print.jpg": planted_jpeg(8, pictures.a_picture("CMYK")),
    "two.jpg": pictures.two_pictures(),
    "upright.png": planted_png(),
    "turned.png": planted_png(5),
    "shot.webp": planted_webp(6),
    "drawn.webp": planted_webp(lossless=True),
}
SOUNDS = (
    *("phone.m4a", "opus.mp4", "browser.webm", "vorbis.ogg"),
    *("recorder.mp3", "music.flac", "stream.aac", "studio.wav"),
)
IMAGE_COLUMNS = ["image_id", "image_sha256", "original_sha256", "image_url", "width", "height"]
CONSENT = {"scope": "public", "at": "2026-11-01T09:00:00Z", "statement": "test-v1"}


def ingested(root: Path) -> Lake:
    """A lake with every planted image ingested, each described by one recording."""
    source, lines = root / "src", []
    source.mkdir()
    sounds = planted_audio.planted(tone(2.0))
    for (name, data), sound in zip(PLANTED.items(), SOUNDS, strict=True):
        (source / name).write_bytes(data)
        (source / sound).write_bytes(sounds[sound])
        row = {"recording": sound, "image": name, "annotator": "ann-01"}
        lines.append(json.dumps({**row, "consent": CONSENT, "synthetic_voice": True}))
    (source / "manifest.jsonl").write_text("\n".join(lines))
    lake = Lake(root / "lake")
    assert run_step(Ingest(source), lake).written == len(PLANTED)
    return lake


def accept_all(lake: Lake) -> None:
    """Write the rows of the stages after ingest, and accept every caption."""
    rows: dict[Any, list[dict[str, Any]]] = {
        table: [] for table in (Transcripts, Narrations, Verdicts, Captions, Reviews)
    }
    for one in lake.read(Recordings).iter_rows(named=True):
        image, recording = one["image_id"], one["recording_id"]
        words = narrated("a red thing here", start_ms=100)
        text, spans = lineage(words, recording)
        caption = caption_id(image, "test")
        decided = {"text": text, "lineage": spans}
        key = {"caption_id": caption, "image_id": image}
        own = {"recording_id": recording}
        recognized = words_of(text, start_ms=100)
        rows[Transcripts].append(a_transcript(text, words=recognized) | own)
        rows[Verdicts].append(a_verdict() | own)
        rows[Narrations].append(
            a_narration() | {"recording_id": recording, "image_id": image, "words": words}
        )
        rows[Captions].append({**key, **decided, "recordings": [recording]})
        rows[Reviews].append(
            {**key, **decided, "decision": "accept", "reviewer": "rev-1", "automatic": False}
            | {"seconds": 5.0, "reasons": []}
        )
    for table, content in rows.items():
        assert lake.append(table, frame(table, content)).is_empty()


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = ingested(tmp_path_factory.mktemp("planted"))
    accept_all(lake)
    return lake


@pytest.fixture(scope="module")
def released(lake: Lake) -> dict[str, bytes]:
    """Every file of the release by its path."""
    release = create(lake, "v1", ReleaseOptions(viewer_images=99))
    assert verify(release.path) == ()
    return tree(Path(release.path))


def embedded(page: bytes) -> list[bytes]:
    """The files embedded in a page as data URLs."""
    found = re.findall(rb"data:[a-z]+/[a-z]+;base64,([A-Za-z0-9+/=]+)", page)
    return [base64.b64decode(one) for one in found]


def test_no_secret_is_in_any_file_of_a_release(released: dict[str, bytes]) -> None:
    texts = [
        json.dumps(pl.read_parquet(data).to_dicts(), default=str).encode()
        for path, data in released.items()
        if path.endswith(".parquet")
    ]
    inside = embedded(released["index.html"])
    assert len(inside) == 2 * len(PLANTED)  # images and audio
    searched = [*released.values(), *(path.encode() for path in released), *texts, *inside]
    assert [secret for secret in SECRETS if any(secret in data for data in searched)] == []
    assert [found for data in searched for found in planted_audio.secrets_in(data)] == []


def test_released_audio_has_the_samples_of_the_recording(
    released: dict[str, bytes], lake: Lake
) -> None:
    """Other bytes, but the same samples, so that the words' times stay valid."""
    hashes = dict(lake.read(Recordings).select("recording_id", "pcm_sha256").iter_rows())
    narrations = pl.concat([pl.read_parquet(x) for p, x in released.items() if "data/" in p])
    sources = narrations.select(pl.col("recordings").explode()).unnest("recordings")
    assert sources.height == len(SOUNDS)
    for row in sources.iter_rows(named=True):
        assert (
            measure_sound(decode(released[row["audio"]])).pcm_sha256 == hashes[row["recording_id"]]
        )


def test_released_images_have_no_metadata(released: dict[str, bytes]) -> None:
    found = [data for path, data in released.items() if path.startswith("images/")]
    found += [data for data in embedded(released["index.html"]) if data[:3] == b"\xff\xd8\xff"]
    assert len(found) >= len(PLANTED)
    for data in found:
        with Image.open(io.BytesIO(data)) as image:
            assert dict(image.getexif()) == {}
            assert not {"comment", "xmp", "exif", "photoshop", "Comment"} & set(image.info)


def test_rows_match_the_files_in_hash_and_size(released: dict[str, bytes], lake: Lake) -> None:
    rows = pl.concat([pl.read_parquet(data) for path, data in released.items() if "data/" in path])
    originals = dict(lake.read(Images).select("image_id", "sha256").iter_rows())
    assert rows.height == len(PLANTED)
    for row in rows.iter_rows(named=True):
        data = released[row["image_url"]]
        assert row["image_sha256"] == sha256_hex(data)
        assert row["image_sha256"] in row["image_url"]
        assert row["original_sha256"] == originals[row["image_id"]]
        with Image.open(io.BytesIO(data)) as image:
            assert image.size == (row["width"], row["height"])
        turned = row["image_name"] in ("turned.jpg", "print.jpg", "turned.png")
        assert (row["width"] < row["height"]) is turned


def test_a_lake_of_an_older_version_gives_the_same_release(
    lake: Lake, released: dict[str, bytes], tmp_path: Path
) -> None:
    """Its rows have no clean copy, and the size of the image without rotation."""
    old = ingested(tmp_path)
    accept_all(old)
    rows = (
        old.read(Images)
        .drop(BOOKKEEPING)
        .with_columns(pl.lit(None).alias(f"clean_{key}") for key in ("sha256", "blob", "bytes"))
    )
    sound = (
        old.read(Recordings)
        .drop(BOOKKEEPING)
        .with_columns(pl.lit(None).alias(f"clean_{key}") for key in ("sha256", "blob", "bytes"))
    )
    old.append(Recordings, sound.with_columns(step_key=pl.lit("old")))
    stored = rows.with_columns(width=pl.lit(48, pl.Int64), height=pl.lit(32, pl.Int64))
    old.append(Images, stored.with_columns(step_key=pl.lit("old")))
    second = tree(Path(create(old, "v1", ReleaseOptions(viewer_images=99)).path))
    media = [
        {path for path in files if path.startswith(("images/", "audio/"))}
        for files in (second, released)
    ]
    assert media[0] == media[1]
    for path in (path for path in released if path.startswith("data/")):
        rows = [pl.read_parquet(files[path]).select(IMAGE_COLUMNS) for files in (second, released)]
        assert rows[0].equals(rows[1])


def test_an_image_that_newer_rules_reject_is_left_out(tmp_path: Path) -> None:
    lake = ingested(tmp_path)
    accept_all(lake)
    first = lake.read(Images).row(0, named=True)
    none = {f"clean_{key}": None for key in ("sha256", "blob", "bytes")}
    moving = lake.blobs.put("images", pictures.animated("PNG"), "png")
    lake.append(Images, frame(Images, [{**first, **none, "blob": moving, "step_key": "old"}]))
    selection = select(lake, ReleaseOptions())
    assert selection.left_out == {"animated_image": 1}
    assert selection.images.height == len(PLANTED) - 1


def test_an_image_whose_recording_newer_rules_reject_is_left_out(tmp_path: Path) -> None:
    lake = ingested(tmp_path)
    accept_all(lake)
    first = lake.read(Recordings).row(0, named=True)
    none = {f"clean_{key}": None for key in ("sha256", "blob", "bytes")}
    not_audio = lake.blobs.put("audio", b"not audio", "wav")
    lake.append(
        Recordings, frame(Recordings, [{**first, **none, "blob": not_audio, "step_key": "old"}])
    )
    selection = select(lake, ReleaseOptions())
    assert selection.left_out == {"not_audio": 1}
    assert selection.images.height == selection.recordings.height == len(PLANTED) - 1
    assert first["recording_id"] not in selection.recordings["recording_id"]


class FileStore:
    """A fake of the recorder's file store that collects the uploaded files."""

    def __init__(self) -> None:
        self.files: list[bytes] = []
        self.recorder = self

    def upload(self, data: bytes, suffix: str) -> str:
        self.files.append(data)
        return f"/annotate/media/{len(self.files)}.{suffix}"


def test_reviewers_are_shown_the_rotated_clean_copy(lake: Lake) -> None:
    server = FileStore()
    captions = lake.current(Captions).collect()
    tasks, rejected = TaskBuilder(lake, server, captions, None).tasks(captions)  # type: ignore[arg-type]
    assert (len(tasks), rejected) == (len(PLANTED), [])
    sent = [*server.files, json.dumps(list(tasks.values())).encode()]
    assert [secret for secret in SECRETS if any(secret in data for data in sent)] == []
    sizes = []
    for data in server.files:
        if data[:4] != b"\x1a\x45\xdf\xa3":  # the audio is WebM
            with Image.open(io.BytesIO(data)) as image:
                sizes.append(image.size)
    assert sorted(sizes) == [(32, 48)] * 3 + [(48, 32)] * 5
