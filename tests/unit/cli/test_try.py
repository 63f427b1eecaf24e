"""`annotate try` before anything is started: choice of a model, and errors of one line."""

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
    """Run `annotate try`: exit code, output, and the models with which it was started."""
    started: list[str] = []
    monkeypatch.setattr(session, "run", lambda chosen, *_: started.append(chosen.transcribe.model))

    def run(*arguments: str) -> tuple[int, str, list[str]]:
        arguments = ["annotate", "try", "--data", str(tmp_path / "try"), *arguments]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as exit_:
            main()
        out, err = capsys.readouterr()
        return int(exit_.value.code or 0), out + err, started

    return run


def test_without_a_terminal_the_model_option_is_required(annotate_try) -> None:  # type: ignore[no-untyped-def]
    code, output, started = annotate_try()
    assert (code, started) == (2, [])
    assert output.startswith(
        "annotate: The model that comes with annotate knows synthetic voices only"
    )
    assert "--model base" in output
    assert len(output.strip().splitlines()) == 1


def test_the_demo_model_can_be_chosen_and_is_stored(annotate_try) -> None:  # type: ignore[no-untyped-def]
    assert annotate_try("--model", "demo")[::2] == (0, ["demo"])
    assert annotate_try()[::2] == (0, ["demo", "demo"])


def test_an_unknown_model_is_an_error_before_anything_starts(annotate_try) -> None:  # type: ignore[no-untyped-def]
    code, output, started = annotate_try("--model", "basee", "--json")
    assert (code, started) == (2, [])
    assert "no model 'basee'" in json.loads(output)["error"]


def test_a_failed_download_is_an_error_before_anything_starts(
    annotate_try, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    import whisper

    def no_network(*_: object, **__: object) -> None:  # simulates a machine without network
        raise URLError("no route to host")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(whisper, "_download", no_network)
    code, output, started = annotate_try("--model", "base")
    assert (code, started) == (2, [])
    assert "cannot download the model 'base'" in output
    assert launch.find(tmp_path / "try" / "studio") is None


def test_a_second_run_names_the_page_of_the_first(annotate_try, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with folder.only_one(tmp_path / "try"):
        folder.say_where(tmp_path / "try", "its page is http://localhost:1")
        code, output, started = annotate_try("--model", "demo")
    assert (code, started) == (2, [])
    assert "annotate try runs already: its page is http://localhost:1" in output


def test_at_a_terminal_it_prompts_for_a_model_and_shows_sizes(annotate_try, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    import typer

    prompts: list[str] = []

    def reply(text: str, **more: object) -> str:
        prompts.append(f"{text} {more['default']}")
        return "demo"

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(typer, "prompt", reply)
    code, output, started = annotate_try()
    assert (code, started, prompts) == (0, ["demo"], ["model base"])
    for text in ("synthetic voices only", "base", "145 MB", "turbo", "1.6 GB"):
        assert text in output


ADDRESSES = Addresses(
    sign_in="http://localhost:1/sign-in/once",
    page="http://localhost:1",
    studio="http://localhost:2",
    reviews="http://localhost:2/projects/2/data",
    admin_file=Path("/data/[bold]/admin.json"),
)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs passed to a stub of `webbrowser.open`."""
    found: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: not found.append(url))
    return found


def test_the_browser_opens_the_sign_in_page_and_the_first_image_once(
    opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    console = _TryoutConsole(True, False)
    console.started(ADDRESSES)
    console.page_changed("http://localhost:1/#a")
    console.page_changed("http://localhost:1/#b")
    assert opened == [ADDRESSES.sign_in, "http://localhost:1/#a"]
    printed = capsys.readouterr()
    assert "If your browser doesn't open" in printed.out
    assert "/data/[bold]/admin.json" in printed.out
    assert "http://localhost:1/#b" in printed.err


def test_without_a_browser_the_addresses_are_printed(
    opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    console = _TryoutConsole(False, False)
    console.started(ADDRESSES)
    console.page_changed("http://localhost:1/#a")
    assert opened == []
    printed = capsys.readouterr()
    assert f"\n  {ADDRESSES.sign_in}\n" in printed.out
    assert "Open this in a browser" in printed.out


@pytest.mark.parametrize("name", ["BROWSER", "DISPLAY", "WAYLAND_DISPLAY"])
def test_a_browser_is_opened_only_on_a_desktop(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for one in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(one, raising=False)
    assert not _can_open()
    monkeypatch.setenv(name, "x")
    assert _can_open()
