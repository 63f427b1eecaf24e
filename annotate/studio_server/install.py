"""Label Studio's own virtual environment: its pinned versions conflict with Prefect's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from annotate.model.errors import AnnotateError

VERSION = "1.23.2"
"""The only supported version: the recorder add-on uses internals of the editor."""

WAITRESS = "3.0.2"
"""Version of waitress, the WSGI server used instead of Django's development server."""

ENVIRONMENT = Path(".venv-studio")
"""Default path of the environment."""

PACKAGE = Path(__file__).parents[1]
CONSTRAINTS = PACKAGE.parent / "deploy" / "studio-constraints.txt"

PACKAGES = {"label-studio": VERSION, "waitress": WAITRESS}
"""The required packages of the environment, with their versions."""

Log = Callable[[str], None]
"""Called with a short text on the current step."""


def ensure_environment(path: Path, log: Log) -> Path:
    """Create the environment unless it exists with the right versions; return its Python.

    Raises:
        AnnotateError: If it can't be created.
    """
    # Absolute, but not resolved: Python finds its environment by the path of the symbolic link.
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
    """The required packages, with their versions, that an environment doesn't contain."""
    # pip installs a package after its dependencies, so these are present if the package is.
    at = "lib/python3*/site-packages"
    return [
        f"{name} {version}"
        for name, version in PACKAGES.items()
        if not list(path.glob(f"{at}/{name.replace('-', '_')}-{version}.dist-info"))
    ]


def add_on(data: Path) -> Path:
    """A folder for `PYTHONPATH` that contains only the recorder add-on.

    The package's own parent folder is unsuitable. When installed, it contains packages that Label
    Studio must not import, and `annotate` reads its version from metadata that is missing in Label
    Studio's environment.

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
    """Run a command, pass on its output, and raise an error with the last line if it fails."""
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
                    # pip prints many warnings, and they aren't the cause of a failure.
                    if line.strip() and not line.startswith("WARNING"):
                        last = line.strip()
                        log(last)
            except BaseException:  # on Ctrl+C the download must not continue
                process.terminate()
                raise
    except OSError as error:
        raise AnnotateError(f"cannot {purpose}: {error}") from error
    if process.returncode != 0:
        raise AnnotateError(f"cannot {purpose}: {last or f'exit code {process.returncode}'}")
