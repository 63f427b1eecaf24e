"""`annotate try`: record images and see the recognized words, all on this machine."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from annotate.cli import options
from annotate.model.errors import AnnotateError
from annotate.overrides import Overrides

if TYPE_CHECKING:
    from annotate.serve.engine import SharedEngine
    from annotate.settings import Settings
    from annotate.tryout.session import Addresses, Callbacks

STAGES = {
    "ingest": "your recording has arrived",
    "transcribe": "it is transcribed",
    "caption": "the caption is written",
}
"""The message printed when a stage has written new rows."""

Browser = Annotated[
    bool,
    typer.Option("--browser/--no-browser", help="Open the browser, or only print the address."),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="PATH",
        help="Data folder of the tryout. [default: data/lake/try in the clone]",
    ),
]


@options.overrides("model", "device", "language")
def try_(
    overrides: Overrides,
    browser: Browser = True,
    data: Data = None,
    as_json: options.AsJson = False,
) -> None:
    """Describe an image aloud and see your own words, points and caption within a minute.

    Ctrl+C ends all its processes; the same command continues from there.
    """
    from annotate import settings
    from annotate.tryout import folder, models

    session = _session()
    at = (data or folder.DATA).absolute()
    with folder.only_one(at):
        folder.demo_images()
        memory = folder.recall(at)
        interactive = not as_json and sys.stdin.isatty() and sys.stderr.isatty()
        name = (
            models.wanted(overrides.model, memory.model, interactive=interactive)
            or _prompt_for_model()
        )
        chosen = settings.load(overrides, lake=str(at), model=name)
        engine = _recognizer(chosen, quiet=as_json)
        memory = folder.remember(at, memory, model=name)
        _start(
            lambda callbacks: session.run(chosen, at, memory, engine, callbacks), browser, as_json
        )


def _session() -> ModuleType:
    try:
        from annotate.tryout import session
    except ModuleNotFoundError as error:
        raise AnnotateError(
            f"annotate try needs {error.name}: pip install 'annotate-aloud[all]'"
        ) from error
    return session


def _prompt_for_model() -> str:
    """The name of a model, entered at the terminal."""
    from annotate.cli import console
    from annotate.demo_model import NAME as DEMO
    from annotate.tryout.models import MODELS, ONLY_SYNTHETIC, SUGGESTED

    print_line = console.err().print
    print_line(f"{ONLY_SYNTHETIC}\nWhich model of openai-whisper? It is downloaded once.\n")
    for one in MODELS:
        print_line(f"  {one.name:<6} {one.size:>7}   [dim]{one.fits}[/]")
    print_line(f"  {DEMO:<6} {'-':>7}   [dim]no download, for synthetic voices only[/]\n")
    return str(typer.prompt("model", default=SUGGESTED, err=True))


def _recognizer(settings: Settings, *, quiet: bool) -> SharedEngine:
    """The recognizer, not loaded yet; its weights are downloaded before anything is started."""
    from annotate.cli import console
    from annotate.serve.engine import SharedEngine

    if not quiet:
        console.err().print(f"[dim]model {console.escaped(str(settings.transcribe.model))}[/]")
    return SharedEngine.for_lake(settings, transcribes=True)


def _start(run: Callable[[Callbacks], None], browser: bool, as_json: bool) -> None:
    from annotate.tryout.session import Callbacks

    screen = _TryoutConsole(browser and not as_json and _can_open(), as_json)
    with closing(screen):
        run(
            Callbacks(
                activity=screen.activity,
                started=screen.started,
                page_changed=screen.page_changed,
                stage_finished=screen.stage_finished,
                failed=screen.failed,
                ending=screen.ending,
            )
        )


def _can_open() -> bool:
    """Whether there is a graphical browser: a text browser would take over the terminal."""
    return any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))


class _TryoutConsole:
    """Messages of a tryout on the terminal."""

    def __init__(self, open_browser: bool, as_json: bool):
        from annotate.cli import console, studio_screen

        self._console = console
        self._open_browser, self._as_json = open_browser, as_json
        self._opened = False
        self._stack = ExitStack()
        self.activity = self._stack.enter_context(studio_screen.activity(quiet=as_json))

    def close(self) -> None:
        """Remove the line with the current activity."""
        self._stack.close()

    def started(self, at: Addresses) -> None:
        """Print the URLs; all servers run."""
        self.close()
        if self._as_json:
            self._console.print_json({name: str(value) for name, value in asdict(at).items()})
            sys.stdout.flush()
            return
        opened = self._open_browser and webbrowser.open(at.sign_in)
        how = "If your browser doesn't open" if opened else "Open this in a browser"
        admin = self._console.escaped(str(at.admin_file))
        for line in (
            f"\n{how} (it works once, for ten minutes, on this machine):\n\n  {at.sign_in}\n",
            "Describe the image aloud, point at what you mean, and press Submit.",
            f"Your words  {at.page}",
            f"Reviewers   {at.reviews}",
            f"[dim]            in a private window, with the account and password in {admin}[/]",
            "[dim]Ctrl+C ends it; the same command continues from there[/]\n",
        ):
            self._console.out().print(line, soft_wrap=True)
        sys.stdout.flush()

    def page_changed(self, page: str) -> None:
        """Print the URL of the page, which has new content."""
        self._line(f"[green]here are your words:[/] {page}")
        if self._open_browser and not self._opened:
            self._opened = webbrowser.open(page)

    def stage_finished(self, step: str, new: int) -> None:
        """Print that a stage has written new rows."""
        if step in STAGES:
            self._line(f"[dim]{STAGES[step]}[/]")

    def failed(self, message: str) -> None:
        """Print an error; the run will be repeated."""
        self._console.err().print(f"[yellow]{self._console.escaped(message)}[/]", soft_wrap=True)

    def ending(self) -> None:
        """Print that the shutdown has begun."""
        self.close()
        self._line("[dim]ending Label Studio[/]")

    def _line(self, text: str) -> None:
        if not self._as_json:
            self._console.err().print(text, soft_wrap=True)
