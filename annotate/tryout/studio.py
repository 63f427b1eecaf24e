"""The tryout's own Label Studio server, with the demo's images and one annotator."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from annotate.label_studio import assign, projects, secret_files
from annotate.label_studio.client import Studio
from annotate.label_studio.connection import Connection
from annotate.label_studio.protocol import Consent, Protocol, read_protocol
from annotate.media.clean_image import open_image
from annotate.model.errors import AnnotateError
from annotate.studio_server import accounts, annotator_account, bootstrap, launch
from annotate.studio_server.install import Log

HERE = "127.0.0.1"

EMAIL = "you@annotate.local"
PERSON_FILE = "annotator.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class TryoutServer:
    """A running server.

    Attributes:
        first: URL at which the next image is described.
        reviews: URL at which captions are reviewed.
        secret: The secret that webhooks must contain.
    """

    data: Path
    server: launch.Server
    token: str
    first: str
    reviews: str
    secret: str

    @property
    def access(self) -> tuple[str, str]:
        """Address and token for the pipeline."""
        return self.server.local_url, self.token

    def runs(self) -> bool:
        """Whether its process still runs."""
        return launch.find(self.data) == self.server

    def sign_in(self) -> dict[str, str]:
        """The cookies of a new session of the annotator.

        Raises:
            AnnotateError: If the server doesn't respond.
        """
        with closing(Connection(*self.access, None, 1.0)) as connection:
            invite = accounts.invite_path(connection)
        person = annotator_account.person(self.data / PERSON_FILE, EMAIL)
        return dict(annotator_account.sign_in(self.server.local_url, invite, person))


def start(
    environment: Path, data: Path, port: int, webhook: str, images: Sequence[Path], log: Log
) -> TryoutServer:
    """Start the server unless it runs, and set up the tryout's projects, webhook and tasks.

    Args:
        port: The port on which it listens, if it has to be started.
        webhook: The URL to which it reports submissions.

    Raises:
        AnnotateError: If the server can't be started or set up.
    """
    # `localhost`, not 127.0.0.1: separates our cookies from those of servers at the IP address.
    url = f"http://localhost:{port}"
    config = launch.ServerConfig(data=data, host=HERE, port=port, url=url, receiver=HERE)
    running = bootstrap.start(environment, config, log)
    log("setting up the projects")
    secret_file = data / secret_files.WEBHOOK_FILE
    with closing(Connection(running.server.local_url, running.token, None, 1.0)) as connection:
        hook = bootstrap.Hook(url=webhook, secret_file=secret_file)
        bootstrap.set_up(connection, running.server.url, protocol(), hook)
        record = _id(connection, projects.RECORD_TITLE)
        review = _id(connection, projects.REVIEW_TITLE)
    log("assigning the images")
    _assign(running.server.local_url, running.token, record, images)
    at = running.server.url
    return TryoutServer(
        data=data,
        server=running.server,
        token=running.token,
        first=f"{at}/projects/{record}/data?labeling=1",
        reviews=f"{at}/projects/{review}/data",
        secret=secret_files.webhook_secret(secret_file, make=False),
    )


def protocol() -> Protocol:
    """The default protocol with a shorter minimum length and the tryout's own consent."""
    consent = Consent(
        scope="internal",
        statement="annotate-try-v1",
        text={
            "en": "I am trying this out. My recording stays on this machine.",
            "ar": "أنا أجرّب هذا البرنامج. يبقى تسجيلي على هذا الجهاز.",
        },
    )
    return read_protocol().model_copy(update={"minimum_seconds": 10, "consent": consent})


def stop(data: Path) -> None:
    """Stop the server, if one runs."""
    with launch.locked(data):
        launch.stop(data)


def free_port(wanted: int) -> int:
    """This port if it is free, else another one."""
    try:
        launch.check_port(HERE, wanted)
    except AnnotateError:
        with socket.create_server((HERE, 0)) as probe:
            port: int = probe.getsockname()[1]
            return port
    return wanted


def listen(wanted: int) -> socket.socket:
    """A socket that listens on this port, or on another one if that is taken."""
    try:
        return socket.create_server((HERE, wanted))
    except OSError:
        return socket.create_server((HERE, 0))


def _id(connection: Connection, title: str) -> int:
    found = projects.find(connection, title)
    if found is None:
        raise AnnotateError(f"the project {title!r} was deleted while it was set up")
    return found.id


def _assign(url: str, token: str, project: int, paths: Sequence[Path]) -> None:
    images, rejected = assign.read(paths, gold=False)
    with Studio(url, token) as studio:
        done = assign.assign(
            studio, project, studio.task_data(project), images, [], 0.0, open_image
        )
    for one in [*rejected, *done.rejected]:
        raise AnnotateError(f"{one.item} can't be assigned: {one.reason}: {one.detail}")
