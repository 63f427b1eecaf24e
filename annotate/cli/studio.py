"""`annotate studio`: a Label Studio of one's own, its projects, and images for annotators."""

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
    help="Start Label Studio, set up its projects, give out images.", no_args_is_help=True
)

Data = Annotated[
    Path, typer.Option("--data", metavar="PATH", help="Data folder of a server started here.")
]
Url = Annotated[
    str | None,
    typer.Option(
        "--url", help="Label Studio's address. [default: settings, else the one started here]"
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file", metavar="FILE", help="Holds the token; - reads it from standard input."
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
    typer.Option("--protocol", metavar="FILE", help="What annotators are asked, as JSON."),
]
Webhook = Annotated[
    str | None, typer.Option("--webhook", metavar="URL", help="Where annotate serve listens.")
]
SecretFile = Annotated[
    Path | None,
    typer.Option(
        "--secret-file",
        metavar="FILE",
        help="The webhook's secret; made if missing. [default: DATA/webhook-secret]",
    ),
]

Environment = Annotated[
    Path,
    typer.Option("--environment", metavar="PATH", help="Its virtual environment; made if missing."),
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
        help="Annotators for every image of the project. [default: as it is; 1 in a new one]",
    ),
]
Gold = Annotated[
    Path | None, typer.Option("--gold", metavar="FOLDER", help="Images to judge people by.")
]
GoldShare = Annotated[
    float, typer.Option("--gold-share", min=0.0, max=0.9, help="Their share of the new tasks.")
]


@studio.command()
def up(
    environment: Environment = Path(".venv-studio"),
    data: Data = DATA,
    host: Annotated[str, typer.Option("--host", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="[default: 8080]")
    ] = None,
    url: Annotated[
        str | None, typer.Option("--url", help="Where people reach it, if a proxy is before it.")
    ] = None,
    protocol: ProtocolFile = None,
    webhook: Webhook = None,
    secret_file: SecretFile = None,
    detach: Annotated[
        bool, typer.Option("--detach/--no-detach", help="Return, and leave it running.")
    ] = False,
    as_json: options.AsJson = False,
) -> int:
    """Start Label Studio with the recorder and both projects, or find the one that runs."""
    from annotate.cli import studio_screen
    from annotate.label_studio.connection import Connection
    from annotate.studio_server import bootstrap, known_servers, launch

    known_servers.reject_second(data)
    config = bootstrap.server_config(data, host, port, url, webhook)
    with studio_screen.saying(quiet=as_json) as say:
        wanted = _protocol(protocol)
        running = bootstrap.bring_up(environment, config, say)
        say("setting up the projects")
        at_home = Connection(running.server.local_url, running.token, None, 1.0)
        with closing(at_home) as connection, launch.alone(data):
            made = bootstrap.set_up(
                connection, running.server.url, wanted, _hook(webhook, secret_file, data)
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
    if data.is_dir():  # to look makes none
        with launch.alone(data):
            stopped = launch.stop(data)
    if as_json:
        console.print_json({"stopped": stopped})
    else:
        console.out().print(
            "stopped" if stopped else f"nothing ran for {console.escaped(str(data))}"
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
    """Make both projects on a Label Studio that runs, or bring them up to date."""
    from annotate.cli import studio_screen
    from annotate.label_studio import trusted_servers
    from annotate.label_studio.connection import Connection
    from annotate.studio_server import bootstrap as room

    room.receiver_of(webhook)
    wanted = _protocol(protocol)
    with closing(Connection(*access(url, token_file, data, token), None, 1.0)) as connection:
        made = room.set_up(connection, connection.url, wanted, _hook(webhook, secret_file, data))
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
    """See whether a token works at a server, and let tokens go there from now on."""
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
    """Give images to annotators. An image that the project has already is passed over."""
    from annotate.cli import console, studio_screen
    from annotate.label_studio import assign as room
    from annotate.label_studio.client import Studio
    from annotate.label_studio.connection import Connection
    from annotate.media.clean_image import open_image

    plain, refused = room.read(room.images_in(images), gold=False)
    known, refused_too = room.read(room.images_in([gold]) if gold else [], gold=True)
    where = access(url, token_file, data)
    with (
        closing(Connection(*where, None, 1.0)) as connection,
        Studio(*where) as at,
        console.counting("assign", quiet=as_json) as progress,
    ):
        project = _record_project(connection)
        there = at.task_data(project)
        # Before anything is given out: what is gold is written down here and nowhere else.
        golden = {image.sha256 for image in known} | room.clean_hashes(known, open_image)
        _remember_gold(lake, golden | room.gold_there(there))
        share = gold_share if gold else 0.0
        done = room.assign(at, project, there, plain, known, share, open_image, progress)
        if done.tasks:  # another process may have given out the same images meanwhile
            done.tasks = max(0, done.tasks - at.remove_duplicates(project, "image_sha256"))
        if done.tasks or done.there:
            room.hide_gold(at, there)
            _set_per_image(connection, project, per_image)
    done.refused[:0] = [*refused, *refused_too]
    return studio_screen.show_assigned(done, as_json)


def _remember_gold(lake: str | None, hashes: set[str]) -> None:
    from annotate import pipeline, settings
    from annotate.review.gold import remember

    if hashes:
        remember(pipeline.open_lake(settings.load(lake=lake)), hashes)


def _record_project(connection: Connection) -> int:
    from annotate.label_studio import projects

    there = projects.find(connection, projects.RECORD_TITLE)
    if there is None:
        raise AnnotateError(
            f"no project is called {projects.RECORD_TITLE!r}: make it with annotate studio setup"
        )
    return there.id


def _set_per_image(connection: Connection, project: int, per_image: int | None) -> None:
    """Change how many annotators describe an image, if that was asked for."""
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
    """The address and the token: as given, else from the settings, else of the server here."""
    from annotate import settings
    from annotate.label_studio import secret_files
    from annotate.studio_server import accounts

    known = settings.load().label_studio
    if token_file:
        token = secret_files.read_secret(token_file)
    if token is None:
        token = known.token_for(url)
    elif url is None:
        known.check()
    return accounts.access(url or known.url, token, data)
