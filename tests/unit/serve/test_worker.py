"""A piece of work that fails holds up no other, and no error ends the receiver."""

import threading

import pytest

from annotate.model.errors import AnnotateError
from annotate.serve.worker import Worker, each


class PanicException(BaseException):
    """What a panic in Rust looks like in Python."""


def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("error", [AnnotateError("x"), ValueError("x"), PanicException("x")])
def test_what_comes_after_a_failure_is_done_and_the_failure_told(error: BaseException) -> None:
    done: list[int] = []
    with pytest.raises(type(error)):
        each(lambda: fail(error), lambda: done.append(1), lambda: fail(KeyError("later")))
    assert done == [1]


def test_an_interruption_ends_everything() -> None:
    done: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        each(lambda: fail(KeyboardInterrupt()), lambda: done.append(1))
    assert done == []


def test_a_panic_ends_one_run_only() -> None:
    ran = threading.Semaphore(0)

    def work() -> None:
        ran.release()
        raise PanicException("of a library")

    worker = Worker(work, every_s=0.01, settle_s=0)
    worker.start()
    assert all(ran.acquire(timeout=60) for _ in range(3))
    worker.stop()
