"""`annotate try` before anything is started: a model for the person, one-line errors."""

from __future__ import annotations

import json
import sys
import webbrowser
from pathlib import Path
from urllib.error import URLError

import pytest

from annotate.cli import main
from annotate.cli.try_ import _can_open, _TryoutConsole
from annotate.studio_server import launch
from annotate.tryout import folder, session
from annotate.tryout.session import Addresses


@pytest.fixture
def annotate_try(monkeypatch, capsys, tmp_path):  # type: ignore[no-untyped-def]
    """Run it; the exit code, what it printed, and whether anything was started."""
    started: list[str] = []
    monkeypatch.setattr(session, "run", lambda chosen, *_: started.append(chosen.transcribe.model))

    def run(*words: str) -> tuple[int, str, list[str]]:
        arguments = ["annotate", "try", "--data", str(tmp_path / "try"), *words]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as leaving:
            main()
        out, err = capsys.readouterr()
        return int(leaving.value.code or 0), out + err, started

    return run


def test_without_a_terminal_a_model_has_to_be_named(annotate_try) -> None:  # type: ignore[no-untyped-def]
    code, said, started = annotate_try()
    assert (code, started) == (2, [])
    assert said.startswith(
        "annotate: The model that comes with annotate knows synthetic voices only"
    )
    assert "--model base" in said
    assert len(said.strip().splitlines()) == 1


def test_the_demo_s_model_is_taken_when_it_is_asked_for_and_remembered(annotate_try) -> None:  # type: ignore[no-untyped-def]
    assert annotate_try("--model", "demo")[::2] == (0, ["demo"])
    assert annotate_try()[::2] == (0, ["demo", "demo"])


def test_an_unknown_model_is_an_error_before_anything_starts(annotate_try) -> None:  # type: ignore[no-untyped-def]
    code, said, started = annotate_try("--model", "basee", "--json")
    assert (code, started) == (2, [])
    assert "no model 'basee'" in json.loads(said)["error"]


def test_without_the_internet_it_says_so_before_anything_starts(
    annotate_try, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    import whisper

    def no_network(*_: object, **__: object) -> None:  # a fault that can't be made otherwise
        raise URLError("no route to host")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(whisper, "_download", no_network)
    code, said, started = annotate_try("--model", "base")
    assert (code, started) == (2, [])
    assert "cannot download the model 'base'" in said
    assert launch.find(tmp_path / "try" / "studio") is None


def test_a_second_one_says_where_the_first_runs(annotate_try, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with folder.only_one(tmp_path / "try"):
        folder.say_where(tmp_path / "try", "its page is http://localhost:1")
        code, said, started = annotate_try("--model", "demo")
    assert (code, started) == (2, [])
    assert "annotate try runs already: its page is http://localhost:1" in said


def test_at_a_terminal_it_asks_and_shows_sizes(annotate_try, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    import typer

    asked: list[str] = []

    def answer(text: str, **more: object) -> str:
        asked.append(f"{text} {more['default']}")
        return "demo"

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(typer, "prompt", answer)
    code, said, started = annotate_try()
    assert (code, started, asked) == (0, ["demo"], ["model base"])
    for words in ("synthetic voices only", "base", "145 MB", "turbo", "1.6 GB"):
        assert words in said


ADDRESSES = Addresses(
    sign_in="http://localhost:1/sign-in/once",
    page="http://localhost:1",
    studio="http://localhost:2",
    reviews="http://localhost:2/projects/2/data",
    admin_file=Path("/data/[bold]/admin.json"),
)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a browser was asked to open; in place of one, which would open windows."""
    found: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: not found.append(url))
    return found


def test_the_browser_opens_the_first_image_and_once_the_page(
    opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = _TryoutConsole(True, False)
    told.started(ADDRESSES)
    told.page_changed("http://localhost:1/#a")
    told.page_changed("http://localhost:1/#b")
    assert opened == [ADDRESSES.sign_in, "http://localhost:1/#a"]
    said = capsys.readouterr()
    assert "If your browser doesn't open" in said.out
    assert "/data/[bold]/admin.json" in said.out
    assert "http://localhost:1/#b" in said.err


def test_without_a_browser_the_addresses_are_printed(
    opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = _TryoutConsole(False, False)
    told.started(ADDRESSES)
    told.page_changed("http://localhost:1/#a")
    assert opened == []
    said = capsys.readouterr()
    assert f"\n  {ADDRESSES.sign_in}\n" in said.out
    assert "Open this in a browser" in said.out


@pytest.mark.parametrize("name", ["BROWSER", "DISPLAY", "WAYLAND_DISPLAY"])
def test_a_browser_of_the_terminal_is_not_opened(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for one in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(one, raising=False)
    assert not _can_open()
    monkeypatch.setenv(name, "x")
    assert _can_open()
