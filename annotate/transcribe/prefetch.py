"""Preparation of the next items on other threads while the current one is processed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Ready = TypeVar("Ready")


def prefetch(
    prepare: Callable[[Item], Ready], items: Iterable[Item], *, threads: int, ahead: int
) -> Iterator[Ready]:
    """Like `map(prepare, items)`, in order, with up to `ahead` items prepared beforehand.

    Memory is bounded by `ahead`, however many items there are.
    """
    source = iter(items)
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Ready]] = deque(
            pool.submit(prepare, item) for item in islice(source, ahead)
        )
        while waiting:
            ready = waiting.popleft().result()
            waiting.extend(pool.submit(prepare, item) for item in islice(source, 1))
            yield ready


def batched(items: Iterable[Item], count: int) -> Iterator[list[Item]]:
    """The items in lists of `count`, the last one maybe shorter (in itertools from 3.12 on)."""
    source = iter(items)
    while some := list(islice(source, count)):
        yield some
