"""`annotate serve`: brings in what was handed in at Label Studio, as soon as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli import options
from annotate.cli.studio import Data, SecretFile, TokenFile, Url
from annotate.label_studio.keys import DATA
from annotate.model.errors import AnnotateError

if TYPE_CHECKING:
    from annotate.label_studio.client import Studio
    from annotate.model.report import StepReport
    from annotate.serve.worker import Worker
    from annotate.settings import Settings
    from annotate.store.lake import Lake

REACHABLE_ONLY_HERE = ("127.0.0.1", "::1", "localhost")


def serve(
    host: Annotated[str, typer.Option("--host", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8090,
    every: Annotated[
        float, typer.Option("--every", min=0.1, help="Minutes between looks that nobody asked for.")
    ] = 10.0,
    url: Url = None,
    token_file: TokenFile = None,
    secret_file: SecretFile = None,
    data: Data = DATA,
    lake: options.LakeAt = None,
    as_json: options.AsJson = False,
) -> None:
    """Bring recordings and decisions in when Label Studio tells of them, and every few minutes."""
    from annotate import settings
    from annotate.cli import screen, studio
    from annotate.label_studio import keys, launch
    from annotate.serve import worker

    chosen = settings.load(lake=lake)
    secret = keys.webhook_secret(secret_file or data / keys.WEBHOOK_FILE, make=True)
    access = studio.access(url, token_file, data)
    work = _work(chosen, access, as_json)
    launch.check_port(host, port)
    address = f"http://{host}:{port}/webhook"
    if as_json:
        screen.print_json({"webhook": address, "lake": chosen.lake, "every_minutes": every})
    else:
        screen.out().print(f"listening at {address}; Ctrl+C stops it", soft_wrap=True)
        if host not in REACHABLE_ONLY_HERE:
            screen.err().print(
                "[yellow]put a proxy with TLS before it:[/] the secret goes in clear"
            )
    _listen(host, port, secret, worker.Worker(work, every_s=every * 60))


def _listen(host: str, port: int, secret: str, worker: Worker) -> None:
    try:
        from annotate.serve.listen import server
        from annotate.serve.receiver import application
    except ModuleNotFoundError as error:
        raise AnnotateError(
            "the receiver needs starlette and uvicorn: pip install 'annotate-aloud[studio]'"
        ) from error
    from annotate.label_studio.hooks import SECRET_HEADER

    server(application(secret, SECRET_HEADER, worker), host, port).run()


def _work(settings: Settings, access: tuple[str, str], quiet: bool) -> Callable[[], None]:
    """One look at Label Studio: new recordings into the lake, then new decisions."""
    told: dict[str, str] = {}

    def tell(report: StepReport) -> None:
        from annotate.cli import screen

        refused = sum(report.quarantined.values())
        line = f"{report.step}: {report.written:,} new, {refused:,} refused"
        # What was refused before is counted each time, and printed once.
        if not quiet and (report.written or (refused and told.get(report.step) != line)):
            screen.err().print(line)
        told[report.step] = line

    def look() -> None:
        from annotate import pipeline
        from annotate.label_studio.client import Studio
        from annotate.label_studio.projects import REVIEW_TITLE
        from annotate.review.collect import collect
        from annotate.serve.worker import each

        at = pipeline.open_lake(settings)
        with Studio(*access) as studio:
            # What goes wrong with recordings holds up no decision.
            each(
                lambda: tell(_ingest(settings, at, studio)),
                lambda: tell(collect(at, studio, studio.project(REVIEW_TITLE))),
            )

    return look


def _ingest(settings: Settings, lake: Lake, studio: Studio) -> StepReport:
    from annotate.ingest.step import Ingest
    from annotate.ingest.studio import StudioSource
    from annotate.label_studio.projects import RECORD_TITLE
    from annotate.store.step import run_step

    source = StudioSource(studio, RECORD_TITLE, settings.ingest.max_bytes)
    step = Ingest(source, settings.ingest, pseudonym_key=settings.pseudonym_key)
    return run_step(step, lake)
