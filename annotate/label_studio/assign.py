"""Assigns images to annotators: uploads each once to the record project, gold images mixed in.

The task data doesn't state which images are gold, because annotators can read all of it: only the
caller has that list. Annotators can also download the images. So the clean copy is uploaded,
without the camera's metadata on places, devices and people.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from annotate.model.errors import AnnotateError, RejectedError, Rejection
from annotate.model.ids import sha256_hex

CHUNK = 50
"""Images uploaded before their tasks are created: a killed run uploads at most so many again."""

SHA256 = re.compile(r"[0-9a-f]{64}")

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
MAX_BYTES = 64 * 2**20

Progress = Callable[[int, int], None]


class Opened(Protocol):
    """An opened image; `annotate.media.images.Picture` is one."""

    @property
    def suffix(self) -> str:
        """The suffix for its file name, without a dot."""

    @property
    def clean(self) -> bytes:
        """The bytes of its clean copy."""


Open = Callable[[bytes], Opened]
"""Opens an image's bytes; raises `RejectedError` for an image that can't be used."""


class Studio(Protocol):
    """The requests made here; implemented by `annotate.label_studio.client.Studio`."""

    def upload(self, project: int, name: str, data: bytes) -> str:
        """Store a file and return its path."""

    def import_tasks(self, project: int, tasks: Sequence[Mapping[str, Any]]) -> int:
        """Add tasks and return how many were added."""

    def change_task(self, task: int, data: Mapping[str, Any]) -> None:
        """Replace a task's data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image to assign.

    Attributes:
        sha256: Of the original file, before it is cleaned.
        gold: Whether its correct description is known, so that annotators can be scored.
    """

    path: Path
    sha256: str
    gold: bool


@dataclass(slots=True, kw_only=True)
class Assigned:
    """Counts of created tasks, gold images and existing images, and the rejected images."""

    tasks: int = 0
    gold: int = 0
    existing: int = 0
    rejected: list[Rejection] = field(default_factory=list)


def images_in(paths: Sequence[Path]) -> list[Path]:
    """The image files at the paths; folders are searched recursively and sorted by path.

    Raises:
        AnnotateError: If a path doesn't exist or a folder contains no image.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(
                one for one in path.rglob("*") if one.suffix.lower() in SUFFIXES and one.is_file()
            )
            if not inside:
                raise AnnotateError(f"no .jpg, .png or .webp in {path}")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise AnnotateError(f"{path} is not there")
    return list(dict.fromkeys(found))


def mix(plain: Sequence[Image], gold: Sequence[Image], gold_fraction: float) -> list[Image]:
    """Plain images in order with gold images spread evenly among them.

    Gold images are taken in the order of their hashes, so that file names don't reveal them: as
    many as make up `gold_fraction` of the whole, or all of them if there are fewer.
    """
    wanted = round(len(plain) * gold_fraction / (1 - gold_fraction)) if gold_fraction > 0 else 0
    chosen = sorted(gold, key=lambda one: one.sha256)[:wanted]
    positions = [(index + 0.5) * len(plain) / len(chosen) for index in range(len(chosen))]
    keyed = [(float(index), 1, image) for index, image in enumerate(plain)]
    keyed += [(position, 0, image) for position, image in zip(positions, chosen, strict=True)]
    return [image for _, _, image in sorted(keyed, key=lambda one: one[:2])]


def marked_gold(data: Mapping[int, Mapping[str, Any]]) -> set[str]:
    """The hashes of the images marked as gold in the task data of older versions."""
    found = (one.get("image_sha256") for one in data.values() if one.get("gold") is True)
    return {one for one in found if isinstance(one, str) and SHA256.fullmatch(one)}


def hide_gold(studio: Studio, data: Mapping[int, Mapping[str, Any]]) -> int:
    """Remove the gold mark from the task data of older versions; how many tasks were changed."""
    marked = {task: dict(one) for task, one in data.items() if "gold" in one}
    for task, one in marked.items():
        del one["gold"]
        studio.change_task(task, one)
    return len(marked)


def assign(
    studio: Studio,
    project: int,
    existing: Mapping[int, Mapping[str, Any]],
    plain: Sequence[Image],
    gold: Sequence[Image],
    gold_fraction: float,
    opening: Open,
    progress: Progress | None = None,
) -> Assigned:
    """Create a task for each plain image that the project doesn't have, with gold images mixed in.

    Args:
        existing: The data of the project's tasks, by task id.

    Raises:
        AnnotateError: If the server fails; the same command, run again, assigns the rest.
    """
    report = progress or (lambda done, total: None)
    hashes = ("image_sha256", "original_sha256")
    known = {str(data.get(name)) for data in existing.values() for name in hashes}
    gold_hashes = {image.sha256 for image in gold}
    new_plain = _new(plain, known | gold_hashes)
    images = mix(new_plain, _new(gold, known), gold_fraction)
    result = Assigned(existing=sum(image.sha256 in known for image in plain))
    waiting: list[dict[str, Any]] = []
    waiting_gold = 0
    for done, image in enumerate(images, start=1):
        try:
            waiting.append(_task(studio, project, image, opening))
            waiting_gold += image.gold
        except RejectedError as error:
            result.rejected.append(error.of(str(image.path)))
        if len(waiting) == CHUNK or done == len(images):
            result.tasks += studio.import_tasks(project, waiting) if waiting else 0
            result.gold += waiting_gold
            waiting, waiting_gold = [], 0
        report(done, len(images))
    return result


def _new(images: Sequence[Image], known: Set[str]) -> list[Image]:
    """The images whose hash isn't in `known`, without duplicates."""
    once = {image.sha256: image for image in reversed(images) if image.sha256 not in known}
    return [image for image in images if once.get(image.sha256) is image]


def read(paths: Sequence[Path], *, gold: bool) -> tuple[list[Image], list[Rejection]]:
    """The images at the paths with their hashes, and the rejections of unreadable files."""
    images: list[Image] = []
    rejected: list[Rejection] = []
    for path in paths:
        try:
            images.append(Image(path=path, sha256=sha256_hex(_bytes(path)), gold=gold))
        except RejectedError as error:
            rejected.append(error.of(str(path)))
    return images, rejected


def clean_hashes(images: Sequence[Image], opening: Open) -> set[str]:
    """The hashes of the images' clean copies; images that can't be opened are omitted."""
    found = set()
    for image in images:
        try:
            found.add(sha256_hex(opening(_bytes(image.path)).clean))
        except RejectedError:
            continue  # `assign` rejects and reports it
    return found


def _task(studio: Studio, project: int, image: Image, opening: Open) -> dict[str, Any]:
    data = _bytes(image.path)
    if sha256_hex(data) != image.sha256:
        raise RejectedError("changed", "the file changed while it was read")
    opened = opening(data)
    sha256 = sha256_hex(opened.clean)
    # The original's hash identifies the file in later runs. If cleaning changes nothing, the two
    # hashes are equal and one is stored.
    original = {"original_sha256": image.sha256} if image.sha256 != sha256 else {}
    name = f"{sha256[:16]}.{opened.suffix}"
    return {
        "data": {
            "image": studio.upload(project, name, opened.clean),
            # A file name may contain bytes that aren't valid text; JSON can't encode them.
            "name": os.fsencode(image.path.name).decode(errors="replace"),
            "image_sha256": sha256,
            **original,
        }
    }


def _bytes(path: Path) -> bytes:
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise RejectedError("too_large", f"{size} bytes, {MAX_BYTES} are allowed")
        return path.read_bytes()
    except OSError as error:
        raise RejectedError("unreadable", f"{error.strerror}") from error
