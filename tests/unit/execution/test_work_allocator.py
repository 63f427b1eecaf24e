"""Allocation of work to many workers: all items are done, and none twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from annotate.execution.leases import Leases
from annotate.execution.work_allocator import LEAST, ChangeReader, WorkAllocator, shard_size
from annotate.model.tables import Images, Quarantine
from annotate.store.lake import Lake
from tests.builders import an_image, frame, img

NAMES = [f"{number:03}" for number in range(100)]


def work(names: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"image_id": [img(name) for name in names], "step_key": "test"})


def changes(lake: Lake) -> ChangeReader:
    return ChangeReader(lake, "paint", Images, "image_id")


def allocator(
    lake: Lake, counts: Callable[[int], None], worker: str | None = None
) -> WorkAllocator:
    return WorkAllocator(
        Leases(lake, "paint", worker), work(NAMES), "image_id", 2048, changes(lake), counts
    )


def write(lake: Lake, names: list[str]) -> None:
    finish(lake, work(names))


def finish(lake: Lake, shard: pl.DataFrame) -> None:
    lake.append(Images, frame(Images, [an_image(image_id=image) for image in shard["image_id"]]))


def test_a_single_worker_gets_everything_in_shrinking_shards(tmp_path: Path) -> None:
    counts: list[int] = []
    shards = list(allocator(Lake(tmp_path), counts.append).shards())
    assert [shard.height for shard in shards] == [50, 25, LEAST, 9]
    assert pl.concat(shards).equals(work(NAMES))
    assert sum(counts) == 0


def test_two_workers_get_different_shards_and_counts_of_the_others(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    first_counts: list[int] = []
    second_counts: list[int] = []
    first = allocator(lake, first_counts.append).shards()
    second = allocator(lake, second_counts.append, "other-1:1:1").shards()
    second_shards = []
    held = next(first)
    for shard in second:  # continues while the first still has its shard
        finish(lake, shard)
        second_shards.append(shard)
    assert [shard.height for shard in (held, *second_shards)] == [50, LEAST, LEAST, LEAST, 2]
    assert sum(second_counts) == 50
    finish(lake, held)
    assert list(first) == []
    assert sum(first_counts) == 50
    names = [name for shard in (held, *second_shards) for name in shard["image_id"]]
    assert Counter(names) == Counter(img(name) for name in NAMES)


def test_items_finished_or_rejected_by_others_meanwhile_are_omitted(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    counts: list[int] = []
    late = allocator(lake, counts.append)
    write(lake, NAMES[:60])
    rejection = {"step": "paint", "item": img(NAMES[60]), "reason": "ugly", "detail": "is ugly"}
    other_step = {**rejection, "step": "draw", "item": img(NAMES[61])}
    lake.append(Quarantine, frame(Quarantine, [rejection, other_step]))
    shards = list(late.shards())
    assert pl.concat(shards).equals(work(NAMES[61:]))
    assert sum(counts) == 61


def test_changes_are_reported_once_and_only_later_ones(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    write(lake, ["a"])
    later = changes(lake)
    write(lake, ["b"])
    assert later.settled()["item"].to_list() == [img("b")]
    assert later.settled().is_empty()


def test_a_shard_is_released_when_the_work_fails(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    shards = allocator(lake, lambda others: None).shards()
    next(shards)
    assert Leases(lake, "paint").read().claimed.height == 50
    shards.close()
    assert Leases(lake, "paint").read().claimed.is_empty()


def test_concurrent_workers_do_every_item_once(tmp_path: Path) -> None:
    def take_all(number: int) -> list[str]:
        own = allocator(Lake(tmp_path), lambda others: None, f"other-{number}:1:1")
        taken = []
        for shard in own.shards():
            taken += shard["image_id"].to_list()
            finish(Lake(tmp_path), shard)
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [image for images in pool.map(take_all, range(4)) for image in images]
    assert Counter(taken) == Counter(img(name) for name in NAMES)


@pytest.mark.parametrize(
    ("free", "workers", "size"),
    [(1_300_000, 1, 2048), (1000, 1, 500), (1000, 2, 250), (40, 2, LEAST), (5, 3, 5)],
)
def test_the_size_of_shards_depends_on_the_remaining_items(
    free: int, workers: int, size: int
) -> None:
    assert min(free, shard_size(free, workers, 2048)) == size
