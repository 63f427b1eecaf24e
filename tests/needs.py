"""Programs that some tests require. Without them a test is skipped; the complete check fails."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from annotate.studio_server.install import lacking

STUDIO = Path(
    os.environ.get("ANNOTATE_STUDIO_ENVIRONMENT", Path(__file__).parents[1] / ".venv-studio")
)
"""The environment in which Label Studio is installed."""

BINARIES = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
"""Options of a Chromium that makes no background requests."""


def chromium() -> str:
    """The path of a Chromium."""
    found = next(filter(None, map(shutil.which, BINARIES)), None)
    if found is None:
        reason = f"none of {', '.join(BINARIES)} is installed: apt-get install chromium"
        _missing(reason, "CI", "CI_E2E")
    return str(found)


def firefox() -> str:
    """The path of a Firefox."""
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    if found is None:
        _missing("no Firefox is installed: apt-get install firefox-esr", "CI_E2E")
    return str(found)


def label_studio() -> None:
    """Label Studio in its own environment."""
    if missing := lacking(STUDIO):
        _missing(f"{STUDIO} lacks {' and '.join(missing)}: make studio", "CI_E2E")


def _missing(reason: str, *required_by: str) -> None:
    if any(os.environ.get(name) for name in required_by):
        pytest.fail(reason)
    pytest.skip(reason)
