"""A local server: identified by process id and start time, started with safe settings, stopped."""

import ipaddress
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from annotate.label_studio import secret_files
from annotate.model.errors import AnnotateError
from annotate.studio_server import bootstrap, install, launch
from tests.unit.label_studio.fake_server import mode

ADMIN = secret_files.Administrator(email="a@b.c", password="the password")  # noqa: S106


def config(data: Path, **over: object) -> launch.ServerConfig:
    defaults = {"host": "127.0.0.1", "port": 8080, "url": "http://127.0.0.1:8080", **over}
    return launch.ServerConfig(data=data, **defaults)  # type: ignore[arg-type]


def remember(data: Path, pid: int, started: int) -> None:
    content = {"pid": pid, "started": started, "url": "u", "local_url": "l"}
    (data / launch.SERVER_FILE).write_text(json.dumps(content))


@pytest.fixture
def sleeper():
    """A long-running process in its own session."""
    command = [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_running_server_is_found_and_stopped(tmp_path, sleeper):
    remember(tmp_path, sleeper.pid, launch._started(sleeper.pid))
    found = launch.find(tmp_path)
    assert found
    assert found.pid == sleeper.pid
    assert launch.stop(tmp_path)
    assert sleeper.wait() != 0
    assert not launch.stop(tmp_path)


def test_another_process_with_the_same_id_is_not_stopped(tmp_path, sleeper):
    remember(tmp_path, sleeper.pid, launch._started(sleeper.pid) - 1)
    assert launch.find(tmp_path) is None
    assert not launch.stop(tmp_path)
    assert sleeper.poll() is None


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"pid": 1}'])
def test_an_invalid_server_file_is_ignored(tmp_path, content):
    (tmp_path / launch.SERVER_FILE).write_text(content)
    assert launch.find(tmp_path) is None


def test_the_environment_disables_sign_up_without_an_invitation(tmp_path):
    environment = launch.server_environment(config(tmp_path), ADMIN, {"PATH": "/bin", "LANG": "C"})
    assert environment["DJANGO_SETTINGS_MODULE"] == "annotate.recorder.settings"
    assert environment["LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK"] == "true"
    assert environment["CORS_ALLOWED_ORIGINS"] == "http://127.0.0.1:8080"
    assert environment["ANNOTATE_RECORDINGS"] == str(tmp_path / "recordings")
    assert (environment["COLLECT_ANALYTICS"], environment["SENTRY_DSN"]) == ("false", "")
    assert (environment["SESSION_COOKIE_SECURE"], environment["DJANGO_DB"]) == ("0", "sqlite")
    assert environment["PATH"] == "/bin"
    assert "USE_DEFAULT_BANNED_SUBNETS" not in environment


def test_the_environment_of_the_server_contains_no_secrets_of_annotate(tmp_path):
    outer = {"ANNOTATE_LABEL_STUDIO__TOKEN": "secret", "PYTHONPATH": "/other"}
    environment = launch.server_environment(config(tmp_path), ADMIN, outer)
    assert "secret" not in environment.values()
    assert environment["PYTHONPATH"] == str(tmp_path / "add-on")


def test_behind_tls_cookies_are_secure(tmp_path):
    behind_tls = config(tmp_path, url="https://studio.test")
    environment = launch.server_environment(behind_tls, ADMIN, {"POSTGRE_HOST": "db"})
    assert (environment["SESSION_COOKIE_SECURE"], environment["DJANGO_DB"]) == ("1", "default")
    assert environment["CSRF_TRUSTED_ORIGINS"] == "https://studio.test"


def test_a_private_receiver_unblocks_only_its_address(tmp_path):
    environment = launch.server_environment(config(tmp_path, receiver="127.0.0.1"), ADMIN, {})
    assert environment["USE_DEFAULT_BANNED_SUBNETS"] == "false"
    barred = [
        ipaddress.ip_network(one)
        for one in environment["USER_ADDITIONAL_BANNED_SUBNETS"].split(",")
    ]

    def is_barred(address: str) -> bool:
        return any(ipaddress.ip_address(address) in network for network in barred)

    assert not is_barred("127.0.0.1")
    private = [
        "127.0.0.2",
        "127.0.0.0",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "::1",
        "fe80::1",
    ]
    assert all(map(is_barred, private))
    assert not is_barred("93.184.216.34")


def test_the_add_on_contains_only_the_recorder(tmp_path):
    root = install.add_on(tmp_path)
    install.add_on(tmp_path)
    assert [path.name for path in root.iterdir()] == ["annotate"]
    assert sorted(path.name for path in (root / "annotate").iterdir()) == [
        "__init__.py",
        "recorder",
    ]
    command = [
        sys.executable,
        "-S",
        "-c",
        "import annotate.recorder.protocol as p; print(p.__file__)",
    ]
    shown = subprocess.run(
        command,
        env={"PYTHONPATH": str(root)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == str(root / "annotate" / "recorder" / "protocol.py")


def test_a_port_in_use_is_an_error_before_the_start(tmp_path):
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        port = occupied.getsockname()[1]
        with pytest.raises(AnnotateError, match=f"127.0.0.1:{port}.*--port"):
            launch.start(tmp_path / "python", config(tmp_path, port=port), ADMIN, lambda line: None)
    assert not (tmp_path / launch.LOG_FILE).exists()


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_error_of_a_server_that_exits_has_its_last_output(tmp_path):
    python = script(tmp_path / "bin" / "python", "echo 'no such table' >&2; exit 1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(AnnotateError, match="did not start: no such table") as failure:
        launch.start(python, config(tmp_path, port=port), ADMIN, lambda line: None)
    assert ADMIN.password not in str(failure.value)
    assert mode(tmp_path / launch.LOG_FILE) == 0o600
    assert not (tmp_path / launch.SERVER_FILE).exists()


def test_the_environment_is_installed_once(tmp_path):
    at = tmp_path / "venv" / "lib" / "python3.11" / "site-packages"
    packages = (f"label_studio-{install.VERSION}", f"waitress-{install.WAITRESS}")
    folders = " ".join(f"{at}/{package}.dist-info" for package in packages)
    python = script(tmp_path / "venv" / "bin" / "python", f'echo "$@"; mkdir -p {folders}')
    messages: list[str] = []
    for _ in range(2):
        assert install.ensure_environment(tmp_path / "venv", messages.append) == python
    assert len(messages) == 1
    assert f"label-studio=={install.VERSION}" in messages[0]
    assert f"waitress=={install.WAITRESS}" in messages[0]
    (at / f"{packages[1]}.dist-info").rmdir()
    assert install.lacking(tmp_path / "venv") == [f"waitress {install.WAITRESS}"]
    install.ensure_environment(tmp_path / "venv", messages.append)
    assert install.lacking(tmp_path / "venv") == []


def test_the_error_of_a_failed_installation_has_its_output(tmp_path):
    script(tmp_path / "venv" / "bin" / "python", "echo 'ERROR: no network'; exit 1")
    with pytest.raises(AnnotateError, match=r"cannot install label-studio==.*: ERROR: no network"):
        install.ensure_environment(tmp_path / "venv", lambda line: None)


def test_the_data_folder_is_readable_only_by_the_owner(tmp_path):
    before = os.umask(0)
    try:
        with launch.locked(tmp_path / "deep" / "studio"):
            assert mode(tmp_path / "deep" / "studio") == 0o700
    finally:
        os.umask(before)


@pytest.mark.parametrize("address", ["hooks.test/webhook", "ftp://hooks.test", "http://"])
def test_an_invalid_webhook_url_is_an_error(address):
    with pytest.raises(AnnotateError, match="is not a URL"):
        bootstrap.receiver_of(address)
