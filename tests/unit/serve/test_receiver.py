"""The receiver requires the secret, limits the size of requests, and starts one run at a time."""

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


class WorkerStub:
    """A stub of a worker that counts requested runs."""

    def __init__(self) -> None:
        self.count = 0

    def request(self) -> None:
        self.count += 1


def post(worker: WorkerStub, *bodies: Any, secret: str | None = SECRET, **over: Any) -> list[int]:
    """Send bodies one after the other; returns the statuses."""
    app = application(SECRET, HEADER, worker, **over)  # type: ignore[arg-type]

    async def send() -> list[int]:
        transport = httpx.ASGITransport(app)
        headers = {} if secret is None else {HEADER: secret}
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            responses = [
                await client.post("/webhook", content=one, headers=headers) for one in bodies
            ]
            assert (await client.get("/health")).json() == {"ok": True}
        return [response.status_code for response in responses]

    return asyncio.run(send())


def created(number: int, updated_at: str = "2026-11-25T00:00:00Z", **over: Any) -> bytes:
    annotation = {"id": number, "updated_at": updated_at}
    return json.dumps({"action": "ANNOTATION_CREATED", "annotation": annotation, **over}).encode()


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "\xff"])
def test_a_request_without_the_secret_is_rejected(secret):
    worker = WorkerStub()
    given = secret.encode("latin-1") if secret else secret
    assert post(worker, created(1), secret=given) == [401]  # type: ignore[arg-type]
    assert worker.count == 0


def test_a_request_with_the_secret_starts_a_run():
    worker = WorkerStub()
    assert post(worker, created(1)) == [204]
    assert worker.count == 1


def test_repeated_webhooks_are_ignored_and_changes_are_not():
    worker = WorkerStub()
    repeated = created(1, task={"anything": "else"})
    later = created(1, "2026-11-25T00:00:01Z")
    assert post(worker, created(1), repeated, later, created(2)) == [204] * 4
    assert worker.count == 3


def test_other_webhooks_are_distinguished_by_their_bodies():
    worker = WorkerStub()
    post(
        worker,
        b'{"action":"A"}',
        b'{"action":"A"}',
        b'{"action":"B"}',
        b'{"annotation":{"id":"x"}}',
    )
    assert worker.count == 3


def test_a_large_body_is_rejected_with_or_without_a_length():
    worker = WorkerStub()

    async def in_pieces():  # type: ignore[no-untyped-def]
        for _ in range(11):
            yield b" " * 10

    assert post(worker, b" " * 101, in_pieces(), max_bytes=100) == [413, 413]
    assert post(worker, created(1).ljust(100), max_bytes=100) == [204]
    assert worker.count == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_rejected(body):
    worker = WorkerStub()
    assert post(worker, body) == [400]
    assert worker.count == 0


def test_the_number_of_remembered_webhooks_is_limited():
    repeats = Repeats(most=2)

    def new(names: Iterable[int]) -> list[bool]:
        return [repeats.is_new(created(name), json.loads(created(name))) for name in names]

    assert new([1, 2, 1]) == [True, True, False]
    assert new([3, 1, 2]) == [True, False, True]
    assert len(repeats._seen) == 2


class Work:
    """Work that signals when it starts and blocks until a test releases it."""

    def __init__(self) -> None:
        self.started, self.proceed = threading.Semaphore(0), threading.Semaphore(0)
        self.running = self.max_concurrent = self.runs = 0

    def __call__(self) -> None:
        self.running += 1
        self.max_concurrent = max(self.max_concurrent, self.running)
        self.started.release()
        assert self.proceed.acquire(timeout=60)
        self.runs += 1
        self.running -= 1
        if self.runs == 1:
            raise RuntimeError("the first run fails")

    def wait(self) -> None:
        assert self.started.acquire(timeout=60)


def test_many_requests_start_one_more_run_and_a_failure_does_not_end_the_worker():
    work = Work()
    worker = Worker(work, every_s=3600, settle_s=0)
    worker.start()
    work.wait()
    for _ in range(100):
        worker.request()
    work.proceed.release()
    work.wait()
    work.proceed.release()
    worker.stop()
    assert (work.runs, work.max_concurrent) == (2, 1)


def test_runs_also_start_periodically():
    work = Work()
    worker = Worker(work, every_s=0.01, settle_s=0)
    worker.start()
    for _ in range(3):
        work.wait()
        work.proceed.release()
    work.proceed.release(100)
    worker.stop()
    assert work.runs >= 3


def test_stopping_waits_for_the_current_run():
    work = Work()
    worker = Worker(work, every_s=3600, settle_s=0)
    worker.start()
    work.wait()
    stopper = threading.Thread(target=worker.stop)
    stopper.start()
    assert work.runs == 0
    work.proceed.release()
    stopper.join(60)
    assert (work.runs, stopper.is_alive()) == (1, False)
