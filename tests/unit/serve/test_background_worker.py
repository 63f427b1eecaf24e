"""No error ends the worker; stopping waits only for a limited time."""

import threading

from annotate.serve.background_worker import Worker


class PanicException(BaseException):
    """Simulates a panic in Rust, which is a `BaseException` in Python."""


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


def test_stopping_calls_hurry_during_a_run() -> None:
    started, hurried = threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        assert hurried.wait(60)

    worker = Worker(work, every_s=3600, settle_s=0, hurry=hurried.set)
    worker.start()
    assert started.wait(60)
    worker.stop()
    assert not worker.working


def test_stopping_waits_only_for_a_limited_time() -> None:
    started, proceed = threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        proceed.wait(60)

    worker = Worker(work, every_s=3600, settle_s=0, patience_s=0.01)
    worker.start()
    assert started.wait(60)
    worker.stop()
    assert worker.working
    proceed.set()
    worker.stop()
