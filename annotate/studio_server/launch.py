"""Label Studio with the recorder add-on as a local process: start, find, stop."""

from __future__ import annotations

import ipaddress
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from urllib.parse import urlsplit

from annotate.label_studio import secret_files
from annotate.model.errors import AnnotateError
from annotate.studio_server.install import Log, add_on

SERVER_FILE = "server.json"
LOG_FILE = "server.log"
START_SECONDS = 600.0
"""The first start migrates a database, which takes minutes on a busy machine."""
STOP_SECONDS = 20.0

PRIVATE = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
    *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    *("::/128", "::1/128", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48"),
    *("100::/64", "2001::/32", "2001:20::/28", "2001:db8::/32", "2002::/16", "fc00::/7"),
    *("fe80::/10", "ff00::/8"),
)
"""The networks that Label Studio's server may not access by default; a copy of its own list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """Configuration of a server.

    Attributes:
        data: The data directory.
        url: The public URL; behind a proxy, the proxy's.
        receiver: Host of a webhook receiver that the server may access although it is private;
            None forbids all private addresses.
    """

    data: Path
    host: str
    port: int
    url: str
    receiver: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server. `started` is the process's start time in clock ticks since boot."""

    pid: int
    started: int
    url: str
    local_url: str


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Lock a data directory, so that only one process starts or stops its server at a time."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (data / "lock").open("w")
    except OSError as error:
        raise AnnotateError(f"cannot write in {data}: {error.strerror or error}") from error
    with lock:
        flock(lock, LOCK_EX)
        yield


def find(data: Path) -> Server | None:
    """The server started for a data directory, if its process still runs."""
    try:
        server = Server(**json.loads((data / SERVER_FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return server if _started(server.pid) == server.started else None


def start(
    python: Path, config: ServerConfig, admin: secret_files.Administrator, log: Log
) -> Server:
    """Start a server and wait until it responds.

    Raises:
        AnnotateError: If the port is in use or the server can't be started.
    """
    # Label Studio would silently use another port.
    check_port(config.host, config.port)
    environment = server_environment(config, admin, os.environ)
    command = [str(python), "-m", "annotate.recorder.production", "start", "--no-browser"]
    listen = ["--port", str(config.port), "--internal-host", config.host]
    log_file = config.data / LOG_FILE
    secret_files.write_private(log_file, "")
    with log_file.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - our own words and paths
            [*command, *listen, "--log-level", "WARNING"],
            cwd=config.data,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        return _wait_until_up(process, config, log_file, log)
    except BaseException:
        _end(process.pid, _started(process.pid))
        process.wait()
        raise


def server_environment(
    config: ServerConfig, admin: secret_files.Administrator, outer: Mapping[str, str]
) -> dict[str, str]:
    """The environment variables of the server's process: ours without our settings, plus its own.

    `POSTGRE_HOST` and related variables select Postgres; without them, SQLite in the data directory
    is used. The password is passed here, because every user can read a process's command line.
    """
    ours = ("ANNOTATE_LABEL_STUDIO__", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    data = config.data.resolve()
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(config.url))
    secure = config.url.startswith("https://")
    environment = {
        **{name: value for name, value in outer.items() if not name.startswith(ours)},
        "PYTHONPATH": str(add_on(config.data)),
        "DJANGO_SETTINGS_MODULE": "annotate.recorder.settings",
        "LABEL_STUDIO_BASE_DATA_DIR": str(data),
        "LABEL_STUDIO_HOST": config.url,
        "LABEL_STUDIO_USERNAME": admin.email,
        "LABEL_STUDIO_PASSWORD": admin.password,
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "CORS_ALLOWED_ORIGINS": origin,
        "CSRF_TRUSTED_ORIGINS": origin,
        "SESSION_COOKIE_SECURE": "1" if secure else "0",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
    }
    environment.setdefault("DJANGO_DB", "default" if "POSTGRE_HOST" in outer else "sqlite")
    environment.setdefault("ANNOTATE_RECORDINGS", str(data / "recordings"))
    if config.receiver:
        # Only one private address is permitted, because any annotator can make the server fetch a
        # URL by importing from it.
        environment["USE_DEFAULT_BANNED_SUBNETS"] = "false"
        environment["USER_ADDITIONAL_BANNED_SUBNETS"] = ",".join(barred_but(config.receiver))
    return environment


def barred_but(address: str) -> list[str]:
    """The private networks without one host, given by name or IP address.

    Raises:
        AnnotateError: If the host name can't be resolved.
    """
    try:
        allowed = {ipaddress.ip_address(info[4][0]) for info in socket.getaddrinfo(address, None)}
    except OSError as error:
        raise AnnotateError(f"the webhook's host {address} can't be resolved") from error
    barred = [ipaddress.ip_network(network) for network in PRIVATE]
    for one in allowed:
        host = ipaddress.ip_network(one)
        for network in [known for known in barred if one in known]:
            barred.remove(network)
            barred.extend(network.address_exclude(host))  # type: ignore[arg-type]
    return [str(network) for network in barred]


def stop(data: Path) -> bool:
    """Stop the server of a data directory; returns whether one ran."""
    server = find(data)
    if server is None:
        return False
    _end(server.pid, server.started)
    (data / SERVER_FILE).unlink(missing_ok=True)
    return True


def responds(url: str) -> bool:
    """Whether a server responds at a URL."""
    import httpx

    try:
        return httpx.get(f"{url}/user/login/", timeout=30.0).is_success
    except httpx.HTTPError:
        return False


def _wait_until_up(
    process: subprocess.Popen[bytes], config: ServerConfig, log_file: Path, log: Log
) -> Server:
    local = f"http://{_reachable(config.host)}:{config.port}"
    began = time.monotonic()
    while time.monotonic() - began < START_SECONDS:
        log(f"starting Label Studio ({time.monotonic() - began:.0f} s; the first start is slow)")
        if process.poll() is not None:
            raise AnnotateError(
                f"Label Studio did not start: {_last_line(log_file)} (all in {log_file})"
            )
        if responds(local):
            server = Server(
                pid=process.pid,
                started=_started(process.pid) or 0,
                url=config.url,
                local_url=local,
            )
            known = {name: getattr(server, name) for name in Server.__slots__}
            secret_files.write_private(config.data / SERVER_FILE, json.dumps(known) + "\n")
            return server
        time.sleep(0.5)
    raise AnnotateError(f"Label Studio did not start within {START_SECONDS:.0f} s: see {log}")


def check_port(host: str, port: int) -> None:
    """Check that a port is free.

    Raises:
        AnnotateError: If the port is in use, or the address isn't this machine's.
    """
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AnnotateError(
                f"cannot listen on {host}:{port} ({error.strerror}): choose another with --port"
            ) from error


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "") else host  # noqa: S104 - compared, not bound


def _started(pid: int) -> int | None:
    """A process's start time in clock ticks since boot; None if it has ended.

    Process ids are reused; the id together with the start time is unique.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _end(pid: int, started: int | None) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + STOP_SECONDS
        if started is None or _started(pid) != started:
            return
        os.killpg(pid, number)
        while _started(pid) == started and time.monotonic() < until:
            time.sleep(0.1)


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it printed nothing"
