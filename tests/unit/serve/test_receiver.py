"""The receiver lets in who knows the secret, bounds what comes, and sets off one run at a time."""

import asyncio
import json
import threading
from collections.abc import Iterable
from typing import Any

import httpx
import pytest

from annotate.serve.background_worker import Worker
from annotate.serve.receiver import Repeats, application

SECRET = "the secret of the tests"  # noqa: S105
HEADER = "X-Secret"


class Wishes:
    """Counts what is wished for, in place of a worker."""

    def __init__(self) -> None:
        self.count = 0

    def request(self) -> None:
        self.count += 1


def post(wishes: Wishes, *bodies: Any, secret: str | None = SECRET, **over: Any) -> list[int]:
    """Send bodies one after the other; the statuses."""
    app = application(SECRET, HEADER, wishes, **over)  # type: ignore[arg-type]

    async def send() -> list[int]:
        transport = httpx.ASGITransport(app)
        headers = {} if secret is None else {HEADER: secret}
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            replies = [
                await client.post("/webhook", content=one, headers=headers) for one in bodies
            ]
            assert (await client.get("/health")).json() == {"ok": True}
        return [reply.status_code for reply in replies]

    return asyncio.run(send())


def created(number: int, updated_at: str = "2026-11-25T00:00:00Z", **over: Any) -> bytes:
    annotation = {"id": number, "updated_at": updated_at}
    return json.dumps({"action": "ANNOTATION_CREATED", "annotation": annotation, **over}).encode()


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "\xff"])
def test_who_does_not_know_the_secret_is_refused(secret):
    wishes = Wishes()
    given = secret.encode("latin-1") if secret else secret
    assert post(wishes, created(1), secret=given) == [401]  # type: ignore[arg-type]
    assert wishes.count == 0


def test_who_knows_it_sets_off_the_work():
    wishes = Wishes()
    assert post(wishes, created(1)) == [204]
    assert wishes.count == 1


def test_repeats_are_dropped_and_changes_are_not():
    wishes = Wishes()
    again = created(1, task={"anything": "else"})
    later = created(1, "2026-11-25T00:00:01Z")
    assert post(wishes, created(1), again, later, created(2)) == [204] * 4
    assert wishes.count == 3


def test_other_webhooks_are_told_apart_by_their_bodies():
    wishes = Wishes()
    post(
        wishes,
        b'{"action":"A"}',
        b'{"action":"A"}',
        b'{"action":"B"}',
        b'{"annotation":{"id":"x"}}',
    )
    assert wishes.count == 3


def test_a_large_body_is_refused_whatever_its_header_says():
    wishes = Wishes()

    async def in_pieces():  # type: ignore[no-untyped-def]
        for _ in range(11):
            yield b" " * 10

    assert post(wishes, b" " * 101, in_pieces(), max_bytes=100) == [413, 413]
    assert post(wishes, created(1).ljust(100), max_bytes=100) == [204]
    assert wishes.count == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(body):
    wishes = Wishes()
    assert post(wishes, body) == [400]
    assert wishes.count == 0


def test_memory_of_repeats_is_bounded_and_forgets_the_oldest():
    repeats = Repeats(most=2)

    def new(names: Iterable[int]) -> list[bool]:
        return [repeats.is_new(created(name), json.loads(created(name))) for name in names]

    assert new([1, 2, 1]) == [True, True, False]
    assert new([3, 1, 2]) == [True, False, True]
    assert len(repeats._seen) == 2


class Work:
    """Work that reports when it begins and goes on when it is let."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Semaphore(0), threading.Semaphore(0)
        self.running = self.most_at_once = self.runs = 0

    def __call__(self) -> None:
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        self.begun.release()
        assert self.go_on.acquire(timeout=60)
        self.runs += 1
        self.running -= 1
        if self.runs == 1:
            raise RuntimeError("the first run fails")

    def wait(self) -> None:
        assert self.begun.acquire(timeout=60)


def test_a_burst_is_one_more_run_and_a_failure_no_end():
    work = Work()
    worker = Worker(work, every_s=3600, settle_s=0)
    worker.start()
    work.wait()
    for _ in range(100):
        worker.request()
    work.go_on.release()
    work.wait()
    work.go_on.release()
    worker.stop()
    assert (work.runs, work.most_at_once) == (2, 1)


def test_lost_webhooks_are_made_up_for():
    work = Work()
    worker = Worker(work, every_s=0.01, settle_s=0)
    worker.start()
    for _ in range(3):
        work.wait()
        work.go_on.release()
    work.go_on.release(100)
    worker.stop()
    assert work.runs >= 3


def test_stopping_waits_for_the_run_at_hand():
    work = Work()
    worker = Worker(work, every_s=3600, settle_s=0)
    worker.start()
    work.wait()
    stopper = threading.Thread(target=worker.stop)
    stopper.start()
    assert work.runs == 0
    work.go_on.release()
    stopper.join(60)
    assert (work.runs, stopper.is_alive()) == (1, False)
