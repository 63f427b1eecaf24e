"""What pages wait for: while they do, the longest first, and of one's own organisation."""

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
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def spool(tmp_path: Path, clock: Clock) -> SecondLookQueue:
    return SecondLookQueue(tmp_path / "looks", clock)


def test_what_waits_longest_comes_first_however_lately_it_asked(
    spool: SecondLookQueue, clock: Clock
) -> None:
    assert spool.wanted(1) == []
    spool.want(1, B)
    clock.now += 2
    spool.want(1, A)
    clock.now += 2
    spool.want(1, B)
    assert spool.wanted(1) == [B, A]


def test_a_page_that_asks_no_more_wants_nothing_and_leaves_nothing(
    spool: SecondLookQueue, clock: Clock, tmp_path: Path
) -> None:
    spool.want(1, A)
    clock.now += WANTED_SECONDS
    assert spool.wanted(1) == [A]
    clock.now += 1
    assert spool.wanted(1) == []
    assert list((tmp_path / "looks").iterdir()) == []


def test_words_that_are_there_are_wanted_no_more(spool: SecondLookQueue) -> None:
    spool.want(1, A)
    spool.forget(1, A)
    spool.forget(1, A)
    assert spool.wanted(1) == []


def test_each_organisation_sees_its_own(spool: SecondLookQueue) -> None:
    spool.want(1, A)
    spool.want(2, B)
    assert (spool.wanted(1), spool.wanted(2), spool.wanted(3)) == ([A], [B], [])


def test_more_than_can_be_waited_for_are_not_noted(
    spool: SecondLookQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_look_queue, "MOST", 1)
    spool.want(1, A)
    spool.want(1, B)
    spool.want(1, A)
    assert spool.wanted(1) == [A]


def test_it_is_served_while_the_pipeline_asks(spool: SecondLookQueue, clock: Clock) -> None:
    assert not spool.is_served(1)
    spool.served(1)
    clock.now += SERVED_SECONDS
    assert spool.is_served(1)
    assert not spool.is_served(2)
    clock.now += 1
    assert not spool.is_served(1)


def test_a_file_that_a_crash_left_empty_counts_as_the_first(
    spool: SecondLookQueue, tmp_path: Path
) -> None:
    spool.want(1, B)
    (tmp_path / "looks" / f"1-{A}").touch()
    spool = SecondLookQueue(tmp_path / "looks")  # by the disk's own clock, as the file is
    spool.want(1, B)
    assert spool.wanted(1) == [A, B]


def test_what_is_noted_at_once_is_noted_once(tmp_path: Path) -> None:
    spool = SecondLookQueue(tmp_path / "looks")
    threads = [threading.Thread(target=spool.want, args=(1, A)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spool.wanted(1) == [A]


@pytest.mark.parametrize("kind", ["folder", "memory"])
def test_words_are_kept_once_and_do_not_change(kind: str, tmp_path: Path) -> None:
    words = Words(open_store(str(tmp_path) if kind == "folder" else f"memory://{tmp_path.name}"))
    assert words.of(A) is None
    assert words.keep(A, {**WORDS, "language": "en"})
    assert not words.keep(A, {**WORDS, "language": "ar"})
    assert words.of(A) == {**WORDS, "language": "en"}
    assert words.of(B) is None
