"""Label Studio's own virtual environment: its pins clash with Prefect's, so it can't share ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from annotate.model.errors import AnnotateError

VERSION = "1.23.2"
"""The recorder add-on hooks into the editor, which promises nothing from version to version."""

WAITRESS = "3.0.2"
"""What serves it, instead of Django's development server."""

ENVIRONMENT = Path(".venv-studio")
"""Where it lies by default."""

PACKAGE = Path(__file__).parents[1]
CONSTRAINTS = PACKAGE.parent / "deploy" / "studio-constraints.txt"

PACKAGES = {"label-studio": VERSION, "waitress": WAITRESS}
"""What the environment must hold, in these versions."""

Log = Callable[[str], None]
"""Called with a few words on what is being done."""


def ensure_environment(path: Path, log: Log) -> Path:
    """Make the environment, unless it's there with the right versions; return its Python.

    Raises:
        AnnotateError: If it can't be made.
    """
    # Absolute, but not resolved: the environment is known by the place of its own link.
    python = path.absolute() / "bin" / "python"
    if not python.exists():
        log(f"making {path}")
        _run([sys.executable, "-m", "venv", str(path)], log, "make the environment")
    if lacking(path):
        pinned = ["-c", str(CONSTRAINTS)] if CONSTRAINTS.is_file() else []
        pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
        quiet = ["--progress-bar", "off", "--no-input"]
        wanted = [f"{name}=={version}" for name, version in PACKAGES.items()]
        _run([*pip, *quiet, *pinned, *wanted], log, f"install {' and '.join(wanted)}")
    return python


def lacking(path: Path) -> list[str]:
    """The packages, with their versions, that an environment doesn't hold."""
    # pip installs a package after all that it needs, so one that is there is whole.
    at = "lib/python3*/site-packages"
    return [
        f"{name} {version}"
        for name, version in PACKAGES.items()
        if not list(path.glob(f"{at}/{name.replace('-', '_')}-{version}.dist-info"))
    ]


def add_on(data: Path) -> Path:
    """A folder for `PYTHONPATH` that holds the recorder add-on and nothing else of ours.

    Our own folder won't do: installed, it lies among packages that Label Studio must not see, and
    `annotate` asks for a version that isn't installed there.

    Raises:
        AnnotateError: If it can't be written.
    """
    root = data / "add-on"
    link = root / "annotate" / "recorder"
    try:
        link.parent.mkdir(parents=True, exist_ok=True)
        (link.parent / "__init__.py").write_text('"""Only the recorder add-on."""\n', "utf-8")
        if link.is_symlink() and link.readlink() != PACKAGE / "recorder":
            link.unlink()
        if not link.is_symlink():
            link.symlink_to(PACKAGE / "recorder")
    except OSError as error:
        raise AnnotateError(f"cannot write {link}: {error.strerror}") from error
    return root.resolve()


def _run(command: Sequence[str], log: Log, purpose: str) -> None:
    """Run a command, tell what it says, and raise the last of it if it fails."""
    last = ""
    try:
        with subprocess.Popen(  # noqa: S603 - our own words and paths
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            try:
                for line in process.stdout or ():
                    # pip's warnings come in heaps and end with no news.
                    if line.strip() and not line.startswith("WARNING"):
                        last = line.strip()
                        log(last)
            except BaseException:  # who ends us doesn't want to wait until all is downloaded
                process.terminate()
                raise
    except OSError as error:
        raise AnnotateError(f"cannot {purpose}: {error}") from error
    if process.returncode != 0:
        raise AnnotateError(f"cannot {purpose}: {last or f'exit code {process.returncode}'}")
