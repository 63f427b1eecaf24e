"""The token is sent only to the server that the user named. The servers are stubs on real ports."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from annotate.cli import main
from tests.unit.label_studio.listening import listening
from tests.unit.label_studio.stub import StubStudio

TOKEN = "0123456789abcdef" * 2 + "01234567"
Run = Callable[..., tuple[int, str]]


class Server(StubStudio):
    """A stub that checks that each request has the token."""

    def respond(self, request: Any) -> Any:
        assert request.headers["Authorization"] == f"Token {TOKEN}"
        return super().respond(request)


@pytest.fixture
def trusted() -> Iterator[tuple[Server, str]]:
    with listening(server := Server()) as url:
        yield server, url


@pytest.fixture
def hostile() -> Iterator[tuple[Server, str]]:
    with listening(server := Server()) as url:
        yield server, url


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("URL", "TOKEN"):
        monkeypatch.delenv(f"ANNOTATE_LABEL_STUDIO__{name}", raising=False)

    def invoke(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["annotate", *arguments])
        with pytest.raises(SystemExit) as exit_:
            main()
        shown = "".join(capsys.readouterr())
        assert TOKEN not in shown
        return int(exit_.value.code or 0), shown

    return invoke


def toml(folder: Path, url: str, token: str | None = None) -> Path:
    path = folder / "annotate.toml"
    token_line = f'token = "{token}"\n' if token else ""
    path.write_text(f'[label_studio]\nurl = "{url}"\n{token_line}')
    return path


COMMANDS = [
    ("studio", "login"),
    ("studio", "setup"),
    ("review", "push"),
    ("review", "collect"),
    ("ingest", "label-studio://1"),
    ("run", "label-studio://1"),
    ("serve",),
    ("doctor",),
]


@pytest.mark.parametrize("arguments", COMMANDS)
@pytest.mark.parametrize("variable", ["ANNOTATE_LABEL_STUDIO__TOKEN", "ANNOTATE_LABEL_STUDIO"])
def test_a_server_named_in_a_folder_gets_no_token_from_the_environment(
    run: Run,
    hostile: tuple[Server, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: tuple[str, ...],
    variable: str,
) -> None:
    server, url = hostile
    toml(tmp_path, url)
    monkeypatch.setenv(variable, TOKEN if "__" in variable else f'{{"token": "{TOKEN}"}}')
    code, shown = run(*arguments)
    assert server.requests == []
    assert code == (1 if arguments == ("doctor",) else 2)
    assert "annotate studio login --url" in "".join(shown.split("\n"))


def test_a_server_named_in_a_folder_gets_no_token_from_a_file(
    run: Run, hostile: tuple[Server, str], tmp_path: Path
) -> None:
    server, url = hostile
    toml(tmp_path, url)
    (tmp_path / "token").write_text(TOKEN)
    assert run("studio", "setup", "--token-file", "token")[0] == 2
    assert run("studio", "setup", "--token", TOKEN)[0] == 2
    assert server.requests == []


def test_the_url_from_the_environment_overrides_the_folders(
    run: Run,
    trusted: tuple[Server, str],
    hostile: tuple[Server, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    toml(tmp_path, hostile[1])
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__URL", trusted[1])
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", TOKEN)
    run("review", "push")
    assert trusted[0].requests
    assert hostile[0].requests == []


def test_a_confirmed_server_gets_the_token(
    run: Run, trusted: tuple[Server, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server, url = trusted
    toml(tmp_path, url)
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", TOKEN)
    assert run("review", "collect")[0] == 2
    assert server.requests == []
    code, shown = run("studio", "login", "--url", url)
    assert (code, "op@example.org" in shown) == (0, True)
    server.requests.clear()
    run("review", "collect")
    assert server.requests


def test_a_url_on_the_command_line_is_trusted(
    run: Run,
    trusted: tuple[Server, str],
    hostile: tuple[Server, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    toml(tmp_path, hostile[1])
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", TOKEN)
    assert run("studio", "login", "--url", trusted[1])[0] == 0
    assert hostile[0].requests == []


def test_a_url_and_token_in_one_file_are_used_together(
    run: Run, trusted: tuple[Server, str], tmp_path: Path
) -> None:
    toml(tmp_path, trusted[1], TOKEN)
    assert run("studio", "login")[0] == 0
    assert trusted[0].requests


def test_a_settings_file_named_by_the_environment_is_trusted(
    run: Run, trusted: tuple[Server, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    monkeypatch.setenv("ANNOTATE_SETTINGS", str(toml(folder, trusted[1])))
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", TOKEN)
    assert run("studio", "login")[0] == 0


def test_the_error_of_a_misspelt_setting_contains_no_secret(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO", f'{{"tokn": "{TOKEN}", "url": 7}}')
    assert run("review", "push")[0] == 2
