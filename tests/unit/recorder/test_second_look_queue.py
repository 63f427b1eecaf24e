"""Recordings whose words pages wait for: longest wait first, separately for each organisation."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from annotate.recorder import second_look_queue
from annotate.recorder.second_look_queue import (
    SERVED_SECONDS,
    WANTED_SECONDS,
    SecondLookQueue,
    Words,
)
from annotate.recorder.storage import open_store

A, B = "a" * 32, "b" * 32
WORDS = {"version": 1, "words": []}


class Clock:
    """A clock whose time a test sets, in seconds."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(tmp_path: Path, clock: Clock) -> SecondLookQueue:
    return SecondLookQueue(tmp_path / "looks", clock)


def test_the_longest_wait_comes_first_regardless_of_the_last_request(
    queue: SecondLookQueue, clock: Clock
) -> None:
    assert queue.wanted(1) == []
    queue.want(1, B)
    clock.now += 2
    queue.want(1, A)
    clock.now += 2
    queue.want(1, B)
    assert queue.wanted(1) == [B, A]


def test_a_wait_expires_after_the_last_request(
    queue: SecondLookQueue, clock: Clock, tmp_path: Path
) -> None:
    queue.want(1, A)
    clock.now += WANTED_SECONDS
    assert queue.wanted(1) == [A]
    clock.now += 1
    assert queue.wanted(1) == []
    assert list((tmp_path / "looks").iterdir()) == []


def test_a_forgotten_recording_is_not_waited_for(queue: SecondLookQueue) -> None:
    queue.want(1, A)
    queue.forget(1, A)
    queue.forget(1, A)
    assert queue.wanted(1) == []


def test_each_organisation_has_its_own_queue(queue: SecondLookQueue) -> None:
    queue.want(1, A)
    queue.want(2, B)
    assert (queue.wanted(1), queue.wanted(2), queue.wanted(3)) == ([A], [B], [])


def test_the_queue_has_a_maximum_length(
    queue: SecondLookQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_look_queue, "MOST", 1)
    queue.want(1, A)
    queue.want(1, B)
    queue.want(1, A)
    assert queue.wanted(1) == [A]


def test_it_counts_as_served_for_a_while_after_each_request_of_the_pipeline(
    queue: SecondLookQueue, clock: Clock
) -> None:
    assert not queue.is_served(1)
    queue.served(1)
    clock.now += SERVED_SECONDS
    assert queue.is_served(1)
    assert not queue.is_served(2)
    clock.now += 1
    assert not queue.is_served(1)


def test_an_empty_file_of_a_crash_counts_as_the_longest_wait(
    queue: SecondLookQueue, tmp_path: Path
) -> None:
    queue.want(1, B)
    (tmp_path / "looks" / f"1-{A}").touch()
    queue = SecondLookQueue(tmp_path / "looks")  # the file has a time of the system clock
    queue.want(1, B)
    assert queue.wanted(1) == [A, B]


def test_concurrent_requests_are_queued_once(tmp_path: Path) -> None:
    queue = SecondLookQueue(tmp_path / "looks")
    threads = [threading.Thread(target=queue.want, args=(1, A)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert queue.wanted(1) == [A]


@pytest.mark.parametrize("kind", ["folder", "memory"])
def test_stored_words_are_never_replaced(kind: str, tmp_path: Path) -> None:
    words = Words(open_store(str(tmp_path) if kind == "folder" else f"memory://{tmp_path.name}"))
    assert words.of(A) is None
    assert words.add(A, {**WORDS, "language": "en"})
    assert not words.add(A, {**WORDS, "language": "ar"})
    assert words.of(A) == {**WORDS, "language": "en"}
    assert words.of(B) is None
