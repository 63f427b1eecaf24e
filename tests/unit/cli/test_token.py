"""Where the token goes: to the server that the user named, on stubs behind real ports."""

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
    """A stub that remembers whether a token was sent to it."""

    def answer(self, request: Any) -> Any:
        assert request.headers["Authorization"] == f"Token {TOKEN}"
        return super().respond(request)


@pytest.fixture
def mine() -> Iterator[tuple[Server, str]]:
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

    def invoke(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["annotate", *words])
        with pytest.raises(SystemExit) as leaving:
            main()
        shown = "".join(capsys.readouterr())
        assert TOKEN not in shown
        return int(leaving.value.code or 0), shown

    return invoke


def toml(folder: Path, url: str, token: str | None = None) -> Path:
    path = folder / "annotate.toml"
    told = f'token = "{token}"\n' if token else ""
    path.write_text(f'[label_studio]\nurl = "{url}"\n{told}')
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


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("variable", ["ANNOTATE_LABEL_STUDIO__TOKEN", "ANNOTATE_LABEL_STUDIO"])
def test_a_folder_gets_no_token_from_the_environment(
    run: Run,
    hostile: tuple[Server, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
    variable: str,
) -> None:
    server, url = hostile
    toml(tmp_path, url)
    monkeypatch.setenv(variable, TOKEN if "__" in variable else f'{{"token": "{TOKEN}"}}')
    code, shown = run(*words)
    assert server.requests == []
    assert code == (1 if words == ("doctor",) else 2)
    assert "annotate studio login --url" in "".join(shown.split("\n"))


def test_a_folder_gets_no_token_from_a_file_either(
    run: Run, hostile: tuple[Server, str], tmp_path: Path
) -> None:
    server, url = hostile
    toml(tmp_path, url)
    (tmp_path / "token").write_text(TOKEN)
    assert run("studio", "setup", "--token-file", "token")[0] == 2
    assert run("studio", "setup", "--token", TOKEN)[0] == 2
    assert server.requests == []


def test_the_address_beside_the_token_wins(
    run: Run,
    mine: tuple[Server, str],
    hostile: tuple[Server, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    toml(tmp_path, hostile[1])
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__URL", mine[1])
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", TOKEN)
    run("review", "push")
    assert mine[0].requests
    assert hostile[0].requests == []


def test_a_server_that_was_named_once_gets_the_token_from_then_on(
    run: Run, mine: tuple[Server, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server, url = mine
    toml(tmp_path, url)
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", TOKEN)
    assert run("review", "collect")[0] == 2
    assert server.requests == []
    code, shown = run("studio", "login", "--url", url)
    assert (code, "op@example.org" in shown) == (0, True)
    server.requests.clear()
    run("review", "collect")
    assert server.requests


def test_an_address_that_is_typed_is_the_users_word(
    run: Run,
    mine: tuple[Server, str],
    hostile: tuple[Server, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    toml(tmp_path, hostile[1])
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", TOKEN)
    assert run("studio", "login", "--url", mine[1])[0] == 0
    assert hostile[0].requests == []


def test_what_stands_in_one_file_belongs_together(
    run: Run, mine: tuple[Server, str], tmp_path: Path
) -> None:
    toml(tmp_path, mine[1], TOKEN)
    assert run("studio", "login")[0] == 0
    assert mine[0].requests


def test_a_file_that_the_environment_names_is_the_users_word(
    run: Run, mine: tuple[Server, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "etc"
    elsewhere.mkdir()
    monkeypatch.setenv("ANNOTATE_SETTINGS", str(toml(elsewhere, mine[1])))
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO__TOKEN", TOKEN)
    assert run("studio", "login")[0] == 0


def test_a_misspelt_setting_tells_no_secret_even_with_debug(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANNOTATE_LABEL_STUDIO", f'{{"tokn": "{TOKEN}", "url": 7}}')
    assert run("review", "push")[0] == 2
