"""`annotate studio`: a local Label Studio, its projects, and tasks for annotators."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli import options
from annotate.label_studio.secret_files import DATA
from annotate.model.errors import AnnotateError

if TYPE_CHECKING:
    from annotate.label_studio.connection import Connection
    from annotate.label_studio.protocol import Protocol
    from annotate.studio_server.bootstrap import Hook

studio = typer.Typer(
    help="Start Label Studio, set up its projects, assign images.", no_args_is_help=True
)

Data = Annotated[
    Path, typer.Option("--data", metavar="PATH", help="Data folder of a local server.")
]
Url = Annotated[
    str | None,
    typer.Option(
        "--url", help="Label Studio's address. [default: settings, else the local server]"
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file", metavar="FILE", help="File with the token; - reads standard input."
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        metavar="TOKEN",
        help="The token itself. Other users of this machine can see it: prefer --token-file.",
    ),
]
ProtocolFile = Annotated[
    Path | None,
    typer.Option("--protocol", metavar="FILE", help="The recording protocol, as JSON."),
]
Webhook = Annotated[
    str | None, typer.Option("--webhook", metavar="URL", help="URL of annotate serve.")
]
SecretFile = Annotated[
    Path | None,
    typer.Option(
        "--secret-file",
        metavar="FILE",
        help="The webhook's secret; created if missing. [default: DATA/webhook-secret]",
    ),
]

Environment = Annotated[
    Path,
    typer.Option(
        "--environment",
        metavar="PATH",
        help="Label Studio's virtual environment; created if missing.",
    ),
]
Images = Annotated[
    list[Path],
    typer.Argument(metavar="IMAGE...", help="JPEG, PNG, WebP, or folders.", show_default=False),
]
PerImage = Annotated[
    int | None,
    typer.Option(
        "--per-image",
        min=1,
        help="Annotators per image of the project. [default: unchanged; 1 in a new project]",
    ),
]
Gold = Annotated[
    Path | None,
    typer.Option("--gold", metavar="FOLDER", help="Gold images, to measure annotators by."),
]
GoldShare = Annotated[
    float,
    typer.Option(
        "--gold-share", min=0.0, max=0.9, help="Fraction of gold images among the new tasks."
    ),
]


@studio.command()
def up(
    environment: Environment = Path(".venv-studio"),
    data: Data = DATA,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="[default: 8080]")
    ] = None,
    url: Annotated[
        str | None, typer.Option("--url", help="Public URL, if it is behind a proxy.")
    ] = None,
    protocol: ProtocolFile = None,
    webhook: Webhook = None,
    secret_file: SecretFile = None,
    detach: Annotated[
        bool, typer.Option("--detach/--no-detach", help="Return while it runs.")
    ] = False,
    as_json: options.AsJson = False,
) -> int:
    """Start Label Studio with the recorder and both projects, unless it runs already."""
    from annotate.cli import studio_screen
    from annotate.label_studio.connection import Connection
    from annotate.studio_server import bootstrap, known_servers, launch

    known_servers.reject_second(data)
    config = bootstrap.server_config(data, host, port, url, webhook)
    with studio_screen.activity(quiet=as_json) as show_activity:
        chosen = _protocol(protocol)
        running = bootstrap.start(environment, config, show_activity)
        show_activity("setting up the projects")
        local = Connection(running.server.local_url, running.token, None, 1.0)
        with closing(local) as connection, launch.locked(data):
            made = bootstrap.set_up(
                connection, running.server.url, chosen, _hook(webhook, secret_file, data)
            )
    known_servers.remember(data)
    studio_screen.show_up(running, made, data, as_json)
    studio_screen.note_address(running, config.url if port or url else None)
    return 0 if detach or running.found else studio_screen.wait(running.server, data, as_json)


@studio.command()
def down(data: Data = DATA, as_json: options.AsJson = False) -> None:
    """Stop the Label Studio that `up` started."""
    from annotate.cli import console
    from annotate.studio_server import launch

    stopped = False
    if data.is_dir():  # the lock would create it
        with launch.locked(data):
            stopped = launch.stop(data)
    if as_json:
        console.print_json({"stopped": stopped})
    else:
        console.out().print(
            "stopped" if stopped else f"no server ran for {console.escaped(str(data))}"
        )


@studio.command()
def setup(
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    protocol: ProtocolFile = None,
    webhook: Webhook = None,
    secret_file: SecretFile = None,
    data: Data = DATA,
    as_json: options.AsJson = False,
) -> None:
    """Create or update both projects on a running Label Studio."""
    from annotate.cli import studio_screen
    from annotate.label_studio import trusted_servers
    from annotate.label_studio.connection import Connection
    from annotate.studio_server import bootstrap

    bootstrap.receiver_of(webhook)
    chosen = _protocol(protocol)
    with closing(Connection(*access(url, token_file, data, token), None, 1.0)) as connection:
        hook = _hook(webhook, secret_file, data)
        made = bootstrap.set_up(connection, connection.url, chosen, hook)
    if url:
        trusted_servers.confirm(url)
    studio_screen.show({"url": connection.url, **made}, as_json)


@studio.command()
def login(
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    data: Data = DATA,
    as_json: options.AsJson = False,
) -> None:
    """Test a token at a server, and trust that server with tokens from now on."""
    from annotate.cli import studio_screen
    from annotate.label_studio import trusted_servers
    from annotate.label_studio.client import account

    where, secret = access(url, token_file, data, token)
    who = account(where, secret)
    trusted_servers.confirm(where)
    studio_screen.show({"url": where, "account": who}, as_json)


@studio.command()
def assign(
    images: Images,
    per_image: PerImage = None,
    gold: Gold = None,
    gold_share: GoldShare = 0.1,
    url: Url = None,
    token_file: TokenFile = None,
    data: Data = DATA,
    lake: options.LakeAt = None,
    as_json: options.AsJson = False,
) -> int:
    """Create recording tasks of images. Images that the project already has are skipped."""
    from annotate.cli import console, studio_screen
    from annotate.label_studio import assign as assigning
    from annotate.label_studio.client import Studio
    from annotate.label_studio.connection import Connection
    from annotate.media.clean_image import open_image

    plain, rejected = assigning.read(assigning.images_in(images), gold=False)
    golden, rejected_gold = assigning.read(assigning.images_in([gold]) if gold else [], gold=True)
    where = access(url, token_file, data)
    with (
        closing(Connection(*where, None, 1.0)) as connection,
        Studio(*where) as at,
        console.counting("assign", quiet=as_json) as progress,
    ):
        project = _record_project(connection)
        existing = at.task_data(project)
        # Before any task is created: only the lake records which images are gold.
        hashes = {image.sha256 for image in golden} | assigning.clean_hashes(golden, open_image)
        _remember_gold(lake, hashes | assigning.marked_gold(existing))
        share = gold_share if gold else 0.0
        done = assigning.assign(at, project, existing, plain, golden, share, open_image, progress)
        if done.tasks:  # another process may have assigned the same images meanwhile
            done.tasks = max(0, done.tasks - at.remove_duplicates(project, "image_sha256"))
        if done.tasks or done.existing:
            assigning.hide_gold(at, existing)
            _set_per_image(connection, project, per_image)
    done.rejected[:0] = [*rejected, *rejected_gold]
    return studio_screen.show_assigned(done, as_json)


def _remember_gold(lake: str | None, hashes: set[str]) -> None:
    from annotate import pipeline, settings
    from annotate.review.gold import remember

    if hashes:
        remember(pipeline.open_lake(settings.load(lake=lake)), hashes)


def _record_project(connection: Connection) -> int:
    from annotate.label_studio import projects

    found = projects.find(connection, projects.RECORD_TITLE)
    if found is None:
        raise AnnotateError(
            f"no project is called {projects.RECORD_TITLE!r}: create it with annotate studio setup"
        )
    return found.id


def _set_per_image(connection: Connection, project: int, per_image: int | None) -> None:
    """Set the number of annotators per image, if one is given."""
    from annotate.label_studio import projects

    if per_image is not None:
        projects.answers_per_image(connection, project, per_image)


def _protocol(path: Path | None) -> Protocol | None:
    from annotate.label_studio.protocol import read_protocol

    return read_protocol(path) if path else None


def _hook(webhook: str | None, secret_file: Path | None, data: Path) -> Hook | None:
    from annotate.label_studio import secret_files
    from annotate.studio_server.bootstrap import Hook

    if webhook is None:
        return None
    return Hook(url=webhook, secret_file=secret_file or data / secret_files.WEBHOOK_FILE)


def access(
    url: str | None, token_file: Path | None, data: Path, token: str | None = None
) -> tuple[str, str]:
    """URL and token: as given, else from the settings, else of the local server."""
    from annotate import settings
    from annotate.label_studio import secret_files
    from annotate.studio_server import accounts

    configured = settings.load().label_studio
    if token_file:
        token = secret_files.read_secret(token_file)
    if token is None:
        token = configured.token_for(url)
    elif url is None:
        configured.check()
    return accounts.access(url or configured.url, token, data)
