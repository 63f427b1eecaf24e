"""Images to annotators: uploaded into the record project, each once, gold ones mixed in.

Which images are gold stays with the caller: annotators can read all of a task's data. They can
download the images, too, so what is uploaded is the clean copy, without what a camera wrote of
places, devices and people.
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
"""Images uploaded before their tasks are made: what a killed run has to upload again at most."""

SHA256 = re.compile(r"[0-9a-f]{64}")

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
MAX_BYTES = 64 * 2**20

Progress = Callable[[int, int], None]


class Opened(Protocol):
    """An image that was opened; `annotate.media.images.Picture` is one."""

    @property
    def suffix(self) -> str:
        """For its file's name."""

    @property
    def clean(self) -> bytes:
        """Its clean copy."""


Open = Callable[[bytes], Opened]
"""Opens an image's bytes; raises `RejectedError` for one that can't be used."""


class Studio(Protocol):
    """What is asked of a server here; `annotate.label_studio.client.Studio` does it."""

    def upload(self, project: int, name: str, data: bytes) -> str:
        """Store a file; where it is."""

    def import_tasks(self, project: int, tasks: Sequence[Mapping[str, Any]]) -> int:
        """Add tasks; how many."""

    def change_task(self, task: int, data: Mapping[str, Any]) -> None:
        """Give a task other data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image to assign.

    Attributes:
        sha256: Of the file as it lies there.
        gold: What is true of it is known, so that annotators can be judged.
    """

    path: Path
    sha256: str
    gold: bool


@dataclass(slots=True, kw_only=True)
class Assigned:
    """What became of the images."""

    tasks: int = 0
    gold: int = 0
    there: int = 0
    refused: list[Rejection] = field(default_factory=list)


def images_in(paths: Sequence[Path]) -> list[Path]:
    """The image files that the paths name, folders searched to the bottom, by name.

    Raises:
        AnnotateError: If a path isn't there or a folder holds no image.
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


def mix(plain: Sequence[Image], gold: Sequence[Image], share: float) -> list[Image]:
    """Plain images in order with gold ones spread evenly among them.

    The gold ones, in the order of their hashes so that their names don't tell, are as many as make
    up `share` of the whole, or all there are.
    """
    wanted = round(len(plain) * share / (1 - share)) if share > 0 else 0
    chosen = sorted(gold, key=lambda one: one.sha256)[:wanted]
    places = [(place + 0.5) * len(plain) / len(chosen) for place in range(len(chosen))]
    keyed = [(float(place), 1, image) for place, image in enumerate(plain)]
    keyed += [(place, 0, image) for place, image in zip(places, chosen, strict=True)]
    return [image for _, _, image in sorted(keyed, key=lambda one: one[:2])]


def gold_there(data: Mapping[int, Mapping[str, Any]]) -> set[str]:
    """The hashes of the images that tasks of older versions call gold where anybody can read it."""
    found = (one.get("image_sha256") for one in data.values() if one.get("gold") is True)
    return {one for one in found if isinstance(one, str) and SHA256.fullmatch(one)}


def hide_gold(studio: Studio, data: Mapping[int, Mapping[str, Any]]) -> int:
    """Take out of tasks of older versions whether they are gold; of how many."""
    marked = {task: dict(one) for task, one in data.items() if "gold" in one}
    for task, one in marked.items():
        del one["gold"]
        studio.change_task(task, one)
    return len(marked)


def assign(
    studio: Studio,
    project: int,
    there: Mapping[int, Mapping[str, Any]],
    plain: Sequence[Image],
    gold: Sequence[Image],
    share: float,
    opening: Open,
    progress: Progress | None = None,
) -> Assigned:
    """Make a task of every plain image that the project doesn't have yet, gold ones among them.

    Args:
        there: The data of the tasks that the project has.

    Raises:
        AnnotateError: If the server fails; the same command again goes on from there.
    """
    report = progress or (lambda done, total: None)
    hashes = ("image_sha256", "original_sha256")
    known = {str(data.get(name)) for data in there.values() for name in hashes}
    meant_as_gold = {image.sha256 for image in gold}
    ours = _new(plain, known | meant_as_gold)
    images = mix(ours, _new(gold, known), share)
    result = Assigned(there=sum(image.sha256 in known for image in plain))
    waiting: list[dict[str, Any]] = []
    golden = 0
    for done, image in enumerate(images, start=1):
        try:
            waiting.append(_task(studio, project, image, opening))
            golden += image.gold
        except RejectedError as refusal:
            result.refused.append(refusal.of(str(image.path)))
        if len(waiting) == CHUNK or done == len(images):
            result.tasks += studio.import_tasks(project, waiting) if waiting else 0
            result.gold += golden
            waiting, golden = [], 0
        report(done, len(images))
    return result


def _new(images: Sequence[Image], known: Set[str]) -> list[Image]:
    """The images that aren't known, each content once."""
    once = {image.sha256: image for image in reversed(images) if image.sha256 not in known}
    return [image for image in images if once.get(image.sha256) is image]


def read(paths: Sequence[Path], *, gold: bool) -> tuple[list[Image], list[Rejection]]:
    """The images at the paths by their hashes, and those that can't be read."""
    images: list[Image] = []
    refused: list[Rejection] = []
    for path in paths:
        try:
            images.append(Image(path=path, sha256=sha256_hex(_bytes(path)), gold=gold))
        except RejectedError as refusal:
            refused.append(refusal.of(str(path)))
    return images, refused


def clean_hashes(images: Sequence[Image], opening: Open) -> set[str]:
    """The hashes of the images' clean copies; those that can't be opened have none."""
    found = set()
    for image in images:
        try:
            found.add(sha256_hex(opening(_bytes(image.path)).clean))
        except RejectedError:
            continue  # it is refused again when it is assigned, and reported then
    return found


def _task(studio: Studio, project: int, image: Image, opening: Open) -> dict[str, Any]:
    data = _bytes(image.path)
    if sha256_hex(data) != image.sha256:
        raise RejectedError("changed", "the file changed while it was read")
    opened = opening(data)
    sha256 = sha256_hex(opened.clean)
    # By the original's hash the file is known again; a clean file has only the one.
    original = {"original_sha256": image.sha256} if image.sha256 != sha256 else {}
    name = f"{sha256[:16]}.{opened.suffix}"
    return {
        "data": {
            "image": studio.upload(project, name, opened.clean),
            # A name need not be text; what isn't can be sent nowhere.
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
