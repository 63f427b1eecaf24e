"""Sets up a local server and its projects; every step is idempotent."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from annotate.label_studio import projects, secret_files, webhooks
from annotate.label_studio.connection import Connection
from annotate.label_studio.protocol import Protocol
from annotate.model.errors import AnnotateError
from annotate.studio_server import accounts, launch
from annotate.studio_server.install import Log, ensure_environment
from annotate.studio_server.launch import Server, ServerConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A running server and its administrator.

    Attributes:
        found: Whether it ran already.
        password: The administrator's password, if the account was just created.
    """

    server: Server
    found: bool
    email: str
    token: str = field(repr=False)
    password: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook to register: the receiver's URL, and the file with the secret."""

    url: str
    secret_file: Path


def server_config(
    data: Path, host: str, port: int | None, url: str | None, webhook: str | None
) -> ServerConfig:
    """The server's configuration from the command line's options.

    Raises:
        AnnotateError: If the URL doesn't begin with http:// or https://.
    """
    port = port or 8080
    reached = host if host not in ("", "0.0.0.0") else "127.0.0.1"  # noqa: S104
    at = (url or f"http://{reached}:{port}").rstrip("/")
    if not at.startswith(("http://", "https://")):
        raise AnnotateError(f"--url {at!r} doesn't begin with http:// or https://")
    return ServerConfig(data=data, host=host, port=port, url=at, receiver=receiver_of(webhook))


def start(environment: Path, config: ServerConfig, log: Log) -> RunningServer:
    """Start the server unless it runs, and log its administrator in.

    Raises:
        AnnotateError: If the server can't be installed, started or logged in to.
    """
    with launch.locked(config.data):
        account, made = secret_files.administrator(config.data)
        running = launch.find(config.data)
        if running and not launch.responds(running.local_url):
            raise AnnotateError(
                f"process {running.pid} runs but doesn't respond at {running.local_url}: see "
                f"{config.data / launch.LOG_FILE}, or end it with annotate studio down"
            )
        python = None if running else ensure_environment(environment, log)
        server = running or launch.start(python or environment, config, account, log)
        log("logging in")
        token = accounts.token_for(server.local_url, config.data, account)
    return RunningServer(
        server=server,
        found=running is not None,
        email=account.email,
        token=token,
        password=account.password if made else None,
    )


def set_up(
    connection: Connection, url: str, protocol: Protocol | None, hook: Hook | None
) -> dict[str, Any]:
    """Create or update the projects and the webhook; a report of the changes.

    Args:
        connection: To the server, authenticated as an account that may change projects.
        url: The server's public URL, for the links in the report.
        protocol: The recording protocol; None keeps the project's.
        hook: A webhook to register for both projects.

    Raises:
        AnnotateError: If the server can't be reached or rejects a request.
    """
    made = projects.set_up(connection, protocol)
    report: dict[str, Any] = {
        name: {
            "id": project.id,
            "url": f"{url}/projects/{project.id}/data",
            "outcome": project.outcome,
        }
        for name, project in zip(("record", "review"), made, strict=True)
    }
    report["invite"] = url + accounts.invite_path(connection)
    if hook:
        secret = secret_files.webhook_secret(hook.secret_file, make=True)
        outcomes = [
            webhooks.ensure_webhook(connection, project.id, hook.url, secret) for project in made
        ]
        report["webhook"] = {
            "url": hook.url,
            "secret_file": str(hook.secret_file),
            "outcome": next((one for one in outcomes if one != "unchanged"), "unchanged"),
        }
    return report


def receiver_of(webhook: str | None) -> str | None:
    """The host of a webhook's address.

    Raises:
        AnnotateError: If it is no HTTP URL.
    """
    if webhook is None:
        return None
    parts = urlsplit(webhook)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AnnotateError(f"{webhook!r} is not a URL: write http://127.0.0.1:8090/webhook")
    return parts.hostname
