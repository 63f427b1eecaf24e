"""One tryout from start to end: all processes and threads that it starts end with it."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from annotate.label_studio import secret_files
from annotate.label_studio.webhooks import SECRET_HEADER
from annotate.model.errors import AnnotateError
from annotate.serve.background_worker import Worker
from annotate.serve.engine import SharedEngine
from annotate.serve.http_server import server
from annotate.serve.pipeline_runs import Runs
from annotate.serve.receiver import application
from annotate.settings import Settings
from annotate.store.lake import Lake
from annotate.studio_server import launch
from annotate.studio_server.install import Log
from annotate.tryout import folder, studio
from annotate.tryout.folder import Memory
from annotate.tryout.page import LivePage
from annotate.tryout.studio import TryoutServer
from annotate.tryout.web import Ticket, Web

POLL_SECONDS = 20.0
"""Between runs without a webhook."""
SETTLE_SECONDS = 0.5
WATCH_SECONDS = 0.5
PATIENCE_SECONDS = 15.0
"""Time that a current run has to end."""

ENDING = (signal.SIGTERM, signal.SIGHUP)
"""Signals that end the program, besides Ctrl+C; SIGHUP is sent when a terminal is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """URLs for the user, and the file with the administrator's password.

    Attributes:
        sign_in: Works once, and redirects to the first image.
        page: Shows the recorded images.
    """

    sign_in: str
    page: str
    studio: str
    reviews: str
    admin_file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """Callbacks of the command line.

    Attributes:
        activity: Called with a short text on each step of the start.
        started: Called once, when everything runs.
        page_changed: Called with the page's URL when its content has changed.
        stage_finished: Called with each stage that wrote rows, and their number.
        failed: Called with an error message; the work is tried again.
        ending: Called when shutdown begins.
    """

    activity: Log
    started: Callable[[Addresses], None]
    page_changed: Callable[[str], None]
    stage_finished: Callable[[str, int], None]
    failed: Callable[[str], None]
    ending: Callable[[], None]


def run(
    settings: Settings, data: Path, memory: Memory, engine: SharedEngine, callbacks: Callbacks
) -> None:
    """Run until a signal.

    Args:
        data: The data folder; no other process uses it.

    Raises:
        AnnotateError: If a part can't be started, or ends by itself.
        KeyboardInterrupt: At Ctrl+C, when everything has ended.
    """
    with _endings(), studio.listen(memory.page_port) as listener:
        port = listener.getsockname()[1]
        page_key = memory.page_key or secrets.token_urlsafe(32)
        studio_port = studio.free_port(memory.studio_port)
        webhook = f"http://{studio.HERE}:{port}/webhook"
        studio_data, images = data / "studio", folder.demo_images()
        log = callbacks.activity
        session: _Session | None = None
        try:
            server = studio.start(
                folder.ENVIRONMENT, studio_data, studio_port, webhook, images, log
            )
            ports = {"page_port": port, "studio_port": _port(server)}
            folder.remember(data, memory, **ports, page_key=page_key)
            session = _Session(settings, server, engine, callbacks, page_key, port)
            session.serve(listener, data)
        finally:
            _ignore_signals()
            callbacks.ending()
            studio.stop(studio_data)
            if session is not None and session.working:
                # A batch in the recognizer can't be interrupted; the next start repeats it.
                os._exit(0)


class _Session:
    """The web server, the worker and the watcher of one tryout."""

    def __init__(
        self,
        settings: Settings,
        studio_server: TryoutServer,
        engine: SharedEngine,
        callbacks: Callbacks,
        page_key: str,
        port: int,
    ):
        self._studio = studio_server
        self._callbacks = callbacks
        self._address = f"http://localhost:{port}"
        self._page = LivePage(engine.model, studio_server.first)
        self._ticket = Ticket()
        access, on_step = studio_server.access, self._stage_finished
        self._runs = Runs(settings, access, engine, on_step=on_step, show=self._show)
        self._worker = Worker(
            self._work,
            every_s=POLL_SECONDS,
            settle_s=SETTLE_SECONDS,
            hurry=self._runs.stop,
            patience_s=PATIENCE_SECONDS,
        )
        web = Web(
            page=self._page,
            ticket=self._ticket,
            key=page_key,
            first=studio_server.first,
            sign_in=studio_server.sign_in,
        )
        secret, routes = studio_server.secret, web.routes()
        app = application(secret, SECRET_HEADER, self._worker, more=routes)
        self._server = server(app, studio.HERE, port)
        self._ended: str | None = None
        self._stopped = threading.Event()
        self._wrote_rows = False

    @property
    def working(self) -> bool:
        """Whether the worker's thread still runs."""
        return self._worker.working

    def serve(self, listener: socket.socket, data: Path) -> None:
        """Run until a signal, or until a part ends.

        Raises:
            AnnotateError: If a part has ended by itself.
        """
        log = logging.getLogger("annotate.serve")
        log.handlers, log.propagate = [_ToPage(self._fail)], False
        watcher = threading.Thread(target=self._watch, name="annotate-try-watch", daemon=True)
        folder.say_where(data, f"its page is {self._address}, and Ctrl+C in its terminal ends it")
        with _stopping(self._server):
            watcher.start()
            try:
                self._server.run(sockets=[listener])
            finally:
                self._stopped.set()
        if self._ended:
            raise AnnotateError(self._ended)

    def _watch(self) -> None:
        """Report the URLs, then stop everything when a part ends."""
        try:
            while not self._server.started and not self._stopped.wait(0.05):
                pass
            if self._server.started:
                self._callbacks.started(self._addresses())
            while not self._stopped.wait(WATCH_SECONDS):
                self._supervise()
        except BaseException as error:  # without the watcher, ended parts would go unnoticed
            self._end(f"the watcher of the tryout's parts failed: {error}")

    def _supervise(self) -> None:
        if self._server.should_exit:
            return
        if not self._studio.runs():
            log = self._studio.data / launch.LOG_FILE
            self._end(f"Label Studio has ended: see {log}; the same command starts it again")
        elif not self._worker.working:
            self._end("the work on recordings has ended: run it again with --debug")

    def _addresses(self) -> Addresses:
        return Addresses(
            sign_in=f"{self._address}/sign-in/{self._ticket.issue()}",
            page=self._address,
            studio=self._studio.server.url,
            reviews=self._studio.reviews,
            admin_file=self._studio.data / secret_files.ADMIN_FILE,
        )

    def _end(self, why: str) -> None:
        self._ended = why
        self._server.should_exit = True

    def _work(self) -> None:
        self._page.begin()
        self._wrote_rows = False
        self._runs()

    def _stage_finished(self, step: str, new: int) -> None:
        self._page.progress(step, new)
        if new:
            self._wrote_rows = True
            self._callbacks.stage_finished(step, new)

    def _show(self, lake: Lake) -> None:
        before = self._page.made
        made = self._page.renew(lake)
        # The first run also shows recordings of earlier tryouts, which aren't announced.
        if self._wrote_rows and made.version != before.version and made.newest:
            self._callbacks.page_changed(f"{self._address}/#{made.newest}")

    def _fail(self, message: str) -> None:
        self._page.fail(message)
        self._callbacks.failed(message)


class _ToPage(logging.Handler):
    """Passes warnings and errors to a callback."""

    def __init__(self, report: Callable[[str], None]):
        super().__init__(logging.WARNING)
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        """Pass on one message."""
        self._report(record.getMessage())


def _port(studio_server: TryoutServer) -> int:
    """The server's port; it may have been started by an earlier process."""
    return int(studio_server.server.local_url.rpartition(":")[2])


@contextmanager
def _endings() -> Iterator[None]:
    """Turn the signals that end a program into `SystemExit`, so that it shuts down in order."""

    def leave(number: int, frame: Any) -> None:
        raise SystemExit(0)

    before = {one: signal.signal(one, leave) for one in (*ENDING, signal.SIGINT)}
    signal.signal(signal.SIGINT, before[signal.SIGINT])
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _stopping(running: uvicorn.Server) -> Iterator[None]:
    """Make SIGHUP (a closed terminal) end the server as SIGTERM does."""

    def leave(number: int, frame: Any) -> None:
        running.should_exit = True

    before = signal.signal(signal.SIGHUP, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def _ignore_signals() -> None:
    """Ignore signals during shutdown: a second Ctrl+C would leave Label Studio running."""
    with suppress(ValueError):
        for one in (*ENDING, signal.SIGINT):
            signal.signal(one, signal.SIG_IGN)
