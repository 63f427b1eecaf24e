"""`annotate serve`: imports submissions from Label Studio, and processes them on request."""

from __future__ import annotations

import logging
import os
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli import options
from annotate.cli.studio import Data, SecretFile, TokenFile, Url
from annotate.label_studio.secret_files import DATA
from annotate.model.errors import AnnotateError
from annotate.overrides import Overrides

if TYPE_CHECKING:
    from annotate.serve.background_worker import Worker
    from annotate.serve.engine import SharedEngine
    from annotate.serve.second_look import SecondLook
    from annotate.settings import Settings

REACHABLE_ONLY_HERE = ("127.0.0.1", "::1", "localhost")

PATIENCE_S = 20.0
"""Time for a current run to end, in seconds; systemd kills a service after 90 s."""

Sources = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="SOURCE...",
        help="Further folders or projects to ingest besides the recording project.",
        show_default=False,
    ),
]
Process = Annotated[
    bool,
    typer.Option(
        "--process",
        help="Transcribe, align, check, caption and push new recordings; the model stays loaded.",
    ),
]
SecondLooks = Annotated[
    bool,
    typer.Option(
        "--second-look/--no-second-look",
        help="Show annotators the recognized words, in projects that enable it.",
    ),
]


@options.overrides("lake", "model", "device")
def serve(
    overrides: Overrides,
    sources: Sources = None,
    process: Process = False,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8090,
    every: Annotated[
        float,
        typer.Option("--every", min=0.01, help="Polling interval in minutes."),
    ] = 10.0,
    url: Url = None,
    token_file: TokenFile = None,
    secret_file: SecretFile = None,
    data: Data = DATA,
    second_look: SecondLooks = True,
    as_json: options.AsJson = False,
) -> None:
    """Import recordings and decisions on webhooks from Label Studio, and every few minutes.

    With --process also process them, up to captions that wait for reviewers.
    """
    from annotate import settings
    from annotate.cli import studio
    from annotate.label_studio import secret_files
    from annotate.studio_server import launch

    if (overrides.model or overrides.device) and not (process or second_look):
        raise AnnotateError("--model and --device are for --process and second looks")
    end_at_sigterm()
    chosen = settings.load(overrides)
    secret = secret_files.webhook_secret(secret_file or data / secret_files.WEBHOOK_FILE, make=True)
    access = studio.access(url, token_file, data)
    engine = _engine(chosen, transcribes=True) if process else None
    launch.check_port(host, port)
    worker = _worker(chosen, access, engine, sources or [], every * 60)
    log_plainly(logging.WARNING if as_json else logging.INFO)
    _announce(f"http://{host}:{port}/webhook", host, chosen.lake, every, as_json)
    with _second_look(chosen, access, engine) if second_look else nullcontext():
        _listen(host, port, secret, worker)


def _announce(address: str, host: str, lake: str, every: float, as_json: bool) -> None:
    from annotate.cli import console

    if as_json:
        console.print_json({"webhook": address, "lake": lake, "every_minutes": every})
    else:
        console.out().print(f"listening at {address}; Ctrl+C stops it", soft_wrap=True)
        if host not in REACHABLE_ONLY_HERE:
            console.err().print(
                "[yellow]put a proxy with TLS in front:[/] the secret is sent unencrypted"
            )
    sys.stdout.flush()  # a pipe is buffered: a journal would show it only at the end


def end_at_sigterm() -> None:
    """End this process with exit code 0 on SIGTERM, after cleaning up."""
    signal.signal(signal.SIGTERM, _exit)


def log_plainly(level: int) -> None:
    """Write the receiver's log to standard error, one line each, for a journal."""
    if logging.getLogger("annotate").handlers:
        return  # --debug prints the whole log
    log = logging.getLogger("annotate.serve")
    log.handlers = [logging.StreamHandler()]
    log.setLevel(level)


def _exit(number: int, frame: object) -> None:
    sys.exit(0)


def _engine(settings: Settings, *, transcribes: bool) -> SharedEngine:
    from annotate.serve.engine import SharedEngine

    return SharedEngine.for_lake(settings, transcribes=transcribes)


def _second_look(
    settings: Settings, access: tuple[str, str], engine: SharedEngine | None
) -> SecondLook:
    from annotate.label_studio.client import Studio
    from annotate.serve.second_look import SecondLook

    return SecondLook(
        lambda: Studio(*access),
        lambda: engine or _engine(settings, transcribes=False),
        settings.ingest,
        settings.transcribe.activity,
    )


def _worker(
    settings: Settings,
    access: tuple[str, str],
    engine: SharedEngine | None,
    sources: list[Path],
    every_s: float,
) -> Worker:
    from annotate.serve.background_worker import Worker
    from annotate.serve.pipeline_runs import Runs

    runs = Runs(settings, access, engine, sources)
    return Worker(runs, every_s=every_s, hurry=runs.stop, patience_s=PATIENCE_S)


def _listen(host: str, port: int, secret: str, worker: Worker) -> None:
    try:
        from annotate.serve.http_server import server
        from annotate.serve.receiver import application
    except ModuleNotFoundError as error:
        raise AnnotateError(
            "the receiver needs starlette and uvicorn: pip install 'annotate-aloud[studio]'"
        ) from error
    from annotate.label_studio.webhooks import SECRET_HEADER

    try:
        server(application(secret, SECRET_HEADER, worker), host, port).run()
    finally:
        if worker.working:
            # A batch in the recognizer can't be interrupted. Nothing is lost: finished items are
            # committed, and the next start processes the others.
            logging.getLogger("annotate.serve").warning(
                "ended during a run: the next start continues it"
            )
            os._exit(0)
