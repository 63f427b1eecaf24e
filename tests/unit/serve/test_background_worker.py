"""No error ends the worker; a run that takes too long doesn't hold up the end."""

import threading

from annotate.serve.background_worker import Worker


class PanicException(BaseException):
    """What a panic in Rust looks like in Python."""


def test_a_panic_ends_one_run_only() -> None:
    ran = threading.Semaphore(0)

    def work() -> None:
        ran.release()
        raise PanicException("of a library")

    worker = Worker(work, every_s=0.01, settle_s=0)
    worker.start()
    assert all(ran.acquire(timeout=60) for _ in range(3))
    assert worker.working
    worker.stop()
    assert not worker.working


def test_a_run_at_hand_is_hurried_when_it_is_to_end() -> None:
    begun, hurried = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert hurried.wait(60)

    worker = Worker(work, every_s=3600, settle_s=0, hurry=hurried.set)
    worker.start()
    assert begun.wait(60)
    worker.stop()
    assert not worker.working


def test_patience_with_it_ends() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(60)

    worker = Worker(work, every_s=3600, settle_s=0, patience_s=0.01)
    worker.start()
    assert begun.wait(60)
    worker.stop()
    assert worker.working
    go_on.set()
    worker.stop()
