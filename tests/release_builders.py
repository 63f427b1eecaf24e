"""A lake ready for a release: real images and audio, and accepted captions."""

from __future__ import annotations

import atexit
import io
import math
import re
import shutil
import tempfile
import wave
from array import array
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from annotate.model.ids import caption_id, image_id, recording_id, sha256_hex
from annotate.model.tables import (
    Captions,
    Consents,
    Images,
    Narrations,
    Recordings,
    Reviews,
    Table,
    Traces,
    Transcripts,
    Verdicts,
)
from annotate.release.manifest import MANIFEST, File, Manifest, content_hash, read_manifest
from annotate.store.lake import Lake
from tests.builders import (
    Row,
    a_consent,
    a_narration,
    a_recording,
    a_transcript,
    a_verdict,
    an_image,
    frame,
    narrated,
)
from tests.builders import words as recognized_words

SECONDS = 2.0


def a_picture(shade: int) -> bytes:
    """A JPEG of 120 by 80 pixels in one shade."""
    packed = io.BytesIO()
    Image.new("RGB", (120, 80), (shade * 23 % 256, 90, 120)).save(packed, "JPEG")
    return packed.getvalue()


def a_tone(hertz: float, seconds: float = SECONDS) -> bytes:
    """A WAV of one tone, mono at 16 kHz."""
    turn = 2 * math.pi * hertz / 16_000
    samples = array("h", (int(6000 * math.sin(turn * i)) for i in range(int(seconds * 16_000))))
    packed = io.BytesIO()
    with wave.open(packed, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(samples.tobytes())
    return packed.getvalue()


def lineage(words: list[Row], recording: str | None) -> tuple[str, list[Row]]:
    """The text of these words and its lineage; all are spoken in one recording."""
    text = " ".join(word["text"] for word in words)
    spans, at = [], 0
    for index, word in enumerate(words):
        end = at + len(word["text"])
        source = {key: word[key] for key in ("start_ms", "end_ms", "x_frac", "y_frac")}
        entry = {"kind": "spoken", "recording_id": recording, "word": index, **source}
        spans.append({"start_char": at, "end_char": end, **entry})
        at = end + 1
    return text, spans


def edited(text: str) -> dict[str, Any]:
    """The columns of a review whose reviewer rewrote the whole text."""
    no_source = dict.fromkeys(("recording_id", "word", "start_ms", "end_ms", "x_frac", "y_frac"))
    spans = [match.span() for match in re.finditer(r"\S+", text)]
    entries = [{"start_char": a, "end_char": b, "kind": "edited", **no_source} for a, b in spans]
    return {"decision": "fix", "text": text, "lineage": entries}


def put_image(lake: Lake, index: int, text: str = "a red thing here", **over: Any) -> str:
    """Put one image with one recording and an accepted caption into the lake; return its id.

    Every other word has a point. `over` may change rows: `image`, `recording`, `consent`,
    `verdict`, `review`, `caption`.
    """
    rows = rows_of(lake, index, text, **over)
    _append(lake, [rows])
    return str(rows[Images]["image_id"])


def _image_row(lake: Lake, picture: bytes, index: int) -> Row:
    blob = lake.blobs.put("images", picture, "jpg")
    sha256, size = sha256_hex(picture), len(picture)
    clean = {"clean_sha256": sha256, "clean_bytes": size, "clean_blob": blob}
    file = {"sha256": sha256, "bytes": size, "blob": blob, "name": f"photo {index}.jpg"}
    return an_image() | file | clean | {"width": 120, "height": 80}


def rows_of(
    lake: Lake, index: int, text: str = "a red thing here", **over: Any
) -> dict[type[Table], Row]:
    """The rows of one image; its blobs are put into the lake."""
    picture, sound = a_picture(index), a_tone(200 + index)
    image, recording = image_id(sha256_hex(picture)), recording_id(sha256_hex(sound))
    words = narrated(text, start_ms=100, each_ms=300)
    for order, word in enumerate(words):
        if order % 2:
            word.update(x_frac=0.25, y_frac=0.75, tie="trace")
    written, spans = lineage(words, recording)
    caption = caption_id(image, "test")
    own = {"recording_id": recording}
    decided = {"text": written, "lineage": spans}
    return {
        Images: _image_row(lake, picture, index) | {"image_id": image} | over.get("image", {}),
        Recordings: a_recording(
            image_id=image,
            sha256=sha256_hex(sound),
            bytes=len(sound),
            pcm_sha256=sha256_hex(b"pcm" + sound),
            blob=lake.blobs.put("audio", sound, "wav"),
            duration_ms=int(SECONDS * 1000),
        )
        | own
        | over.get("recording", {}),
        Consents: a_consent() | own | over.get("consent", {}),
        Verdicts: a_verdict() | own | over.get("verdict", {}),
        Transcripts: a_transcript(text, words=recognized_words(text, start_ms=100)) | own,
        Narrations: a_narration() | own | {"image_id": image, "words": words},
        Traces: own
        | {"segments": [[{"x_frac": 0.2, "y_frac": 0.7, "t_ms": t} for t in range(0, 900, 50)]]}
        | {"points": [{"x_frac": 0.25, "y_frac": 0.75, "t_ms": 500}]},
        Captions: {"image_id": image, "caption_id": caption, **decided, "recordings": [recording]}
        | over.get("caption", {}),
        Reviews: {"caption_id": caption, "image_id": image, "decision": "accept", **decided}
        | {"reviewer": "rev-1", "automatic": False, "seconds": 5.0, "reasons": []}
        | over.get("review", {}),
    }


def _append(lake: Lake, images: list[dict[type[Table], Row]]) -> None:
    for table in images[0]:
        broken = lake.append(table, frame(table, [rows[table] for rows in images]))
        assert broken.is_empty(), broken.to_dicts()


def older_manifest(manifest: Manifest) -> bytes:
    """The manifest in the format of version 0.1."""
    return replace(manifest, schema_version=1, release_sha256=None).to_bytes()


def forge(root: Path, **over: Any) -> None:
    """Rewrite a release's manifest with valid hashes of the files in its folder, like a forger."""
    manifest = read_manifest((root / MANIFEST).read_bytes(), str(root))
    files = tuple(
        File(path=path, bytes=len(data), sha256=sha256_hex(data))
        for path, data in sorted(tree(root).items())
        if path != MANIFEST
    )
    forged = replace(manifest, files=files, content_sha256=content_hash(files), **over).sealed()
    (root / MANIFEST).write_bytes(forged.to_bytes())


def a_lake(root: Path, images: int = 3) -> Lake:
    """A lake with the given number of accepted images; copied from a template to save time."""
    shutil.copytree(_template(images), root, dirs_exist_ok=True)
    return Lake(root)


@cache
def _template(images: int) -> Path:
    root = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, root)
    lake = Lake(root)
    _append(lake, [rows_of(lake, index) for index in range(images)])
    return root


def tree(root: Path) -> dict[str, bytes]:
    """The content of every file below a folder, by relative path."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }
