"""A real Label Studio with our recorder, on a free port and with its own data folder."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from annotate.studio_server.install import add_on
from tests import needs

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "data" / "demo"
IMAGES = [DEMO / "images" / f"{name}.jpg" for name in ("cat", "coffee", "rocket")]
START_SECONDS = 600
"""The first start migrates a database; on a busy machine that takes minutes."""

ADMIN = "admin@example.com"
ANN, BEA, REV = "ann@example.com", "bea@example.com", "rev@example.com"
PIPE = "pipe@example.com"
PASSWORD = "a password of the tests 7"  # noqa: S105 - of a server that exists for one test run
TOKEN = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105
REVIEWERS, PIPELINE = "annotate reviewers", "annotate pipeline"
ACCOUNTS: dict[str, dict[str, Any]] = {
    ANN: {"password": PASSWORD, "groups": []},
    BEA: {"password": PASSWORD, "groups": []},
    REV: {"password": PASSWORD, "groups": [REVIEWERS]},
    PIPE: {"password": PASSWORD, "groups": [PIPELINE]},
}


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Studio:
    """A running server. All accounts have the password `PASSWORD`.

    Attributes:
        url: Its base URL, without a slash at the end.
        recordings: The folder of the stored recordings.
        users: Ids by e-mail address.
        tokens: Personal access tokens, likewise.
    """

    url: str
    folder: Path
    process: subprocess.Popen[bytes]
    users: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def recordings(self) -> Path:
        return self.folder / "recordings"

    def api(self) -> httpx.Client:
        """A client with the administrator's token."""
        headers = {"Authorization": f"Token {TOKEN}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=120)

    def session(self, email: str) -> httpx.Client:
        """A client that has logged in by form, as a browser does; it sends the CSRF token."""
        client = httpx.Client(base_url=self.url, timeout=120)
        client.get("/user/login/")
        form = {
            "csrfmiddlewaretoken": client.cookies["csrftoken"],
            "email": email,
            "password": PASSWORD,
        }
        if client.post("/user/login/", data=form).status_code != 302:
            raise RuntimeError(f"{email} can't log in")
        client.headers["X-CSRFToken"] = client.get("/annotate/session").json()["csrf"]
        return client

    def bearer(self, email: str) -> httpx.Client:
        """A client with an account's own access token and no session."""
        response = httpx.post(
            f"{self.url}/api/token/refresh/", json={"refresh": self.tokens[email]}, timeout=120
        )
        headers = {"Authorization": "Bearer " + response.json()["access"]}
        return httpx.Client(base_url=self.url, headers=headers, timeout=120)

    def record_project(self, config: str, images: Iterable[Path], title: str) -> Project:
        """Create a project with this labelling configuration and one task for each image."""
        with self.api() as api:
            response = api.post("/api/projects/", json={"title": title, "label_config": config})
            response.raise_for_status()
            project = response.json()["id"]
            tasks = [self._task(api, project, image) for image in images]
            api.post(f"/api/projects/{project}/import", json=tasks).raise_for_status()
            listed = api.get("/api/tasks", params={"project": project, "page_size": 100}).json()
        return Project(project, sorted(task["id"] for task in listed["tasks"]))

    def _task(self, api: httpx.Client, project: int, image: Path) -> dict[str, Any]:
        with image.open("rb") as data:
            sent = api.post(
                f"/api/projects/{project}/import",
                params={"commit_to_project": "false"},
                files={"file": (image.name, data, "image/jpeg")},
            )
        sent.raise_for_status()
        upload = sent.json()["file_upload_ids"][0]
        file = api.get(f"/api/import/file-upload/{upload}").json()["file"]
        return {"data": {"image": f"/data/{file}", "name": image.name, "gold": False}}

    @contextmanager
    def hide_other_projects(self, project: Project) -> Iterator[None]:
        """Until the context exits, no other project is a recording project.

        Changed directly in the database: there may be hundreds, and the API changes one at a time.
        """
        ours, hidden = '"annotate-recording"', '"hidden-by-a-test"'
        self._replace_class_names(project, ours, hidden)
        try:
            yield
        finally:
            self._replace_class_names(project, hidden, ours)

    def _replace_class_names(self, exempt: Project, old: str, new: str) -> None:
        database = sqlite3.connect(self.folder / "data" / "label_studio.sqlite3", timeout=120)
        with closing(database), database:
            change = "UPDATE project SET label_config = replace(label_config, ?, ?) WHERE id != ?"
            database.execute(change, (old, new, exempt.id))

    def annotations(self, task: int) -> list[dict[str, Any]]:
        """The submitted annotations of a task."""
        with self.api() as api:
            found: list[dict[str, Any]] = api.get(f"/api/tasks/{task}/annotations/").json()
        return found

    def stop(self) -> None:
        """Stop the server and wait until it has exited."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(30)


@dataclass(frozen=True)
class Project:
    """A project's id and its tasks' ids, ascending."""

    id: int
    tasks: list[int]


def start(folder: Path, port: int | None = None) -> Studio:
    """Start a server with its data in `folder`, and create the accounts in `ACCOUNTS`.

    Raises:
        RuntimeError: If it doesn't start; the message contains the end of its log.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    settings = environment(folder, url)
    python = str(needs.STUDIO / "bin" / "python")
    command = [python, "-m", "annotate.recorder.production", "start", "--no-browser"]
    log = folder / "studio.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--internal-host", "127.0.0.1"],
            **{"cwd": folder, "env": settings, "stdout": out, "stderr": subprocess.STDOUT},
        )
    studio = Studio(url, folder, process)
    try:
        _wait_until_up(studio, log)
        accounts = _create_accounts(settings, folder, ACCOUNTS)
        studio.users = {email: account["id"] for email, account in accounts.items()}
        studio.tokens = {email: account["token"] for email, account in accounts.items()}
    except BaseException:
        studio.stop()
        raise
    return studio


def add_account(studio: Studio, email: str, groups: list[str]) -> str:
    """Create an account with `PASSWORD`, and return its e-mail address."""
    account = {email: {"password": PASSWORD, "groups": groups}}
    created = _create_accounts(environment(studio.folder, studio.url), studio.folder, account)
    studio.users[email] = created[email]["id"]
    studio.tokens[email] = created[email]["token"]
    return email


def environment(folder: Path, url: str) -> dict[str, str]:
    """The environment variables of a server with its data in `folder`."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "PYTHONPATH": str(add_on(folder)),
        "DJANGO_SETTINGS_MODULE": "annotate.recorder.settings",
        "ANNOTATE_RECORDINGS": str(folder / "recordings"),
        "ANNOTATE_UPLOADS_PER_MINUTE": "1000",
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "data"),
        "LABEL_STUDIO_HOST": url,
        # Processes that start at the same time would each generate one and add it to the file.
        "SECRET_KEY": "only-for-tests",
        "LABEL_STUDIO_USERNAME": ADMIN,
        "LABEL_STUDIO_PASSWORD": PASSWORD,
        "LABEL_STUDIO_USER_TOKEN": TOKEN,
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "SESSION_COOKIE_SECURE": "0",
    }


def _wait_until_up(studio: Studio, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if studio.process.poll() is not None:
            break
        try:
            if httpx.get(f"{studio.url}/user/login/", timeout=30).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    raise RuntimeError(f"Label Studio didn't start:\n{log.read_text(errors='replace')[-4000:]}")


def _create_accounts(
    environment: dict[str, str], folder: Path, accounts: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    process = subprocess.run(
        [str(needs.STUDIO / "bin" / "python"), str(Path(__file__).with_name("accounts.py"))],
        **{"cwd": folder, "env": environment, "input": json.dumps(accounts).encode()},
        capture_output=True,
        check=False,
    )
    if process.returncode != 0:
        raise RuntimeError(process.stderr.decode(errors="replace")[-4000:])
    created: dict[str, dict[str, Any]] = json.loads(
        process.stdout.decode().strip().splitlines()[-1]
    )
    return created
