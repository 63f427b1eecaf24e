"""Settings, header and summary of every test run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

import annotate.demo_model  # noqa: F401 - registers the demo's checkpoint
from tests import attack_counts

# The time of an example depends more on the machine than on the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def _separate_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Use an empty configuration folder instead of the user's, and the demo's model unless a test
    names another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANNOTATE_TRANSCRIBE__MODEL", "demo")
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


def pytest_report_header(config: pytest.Config) -> str:
    """State which tests this run includes."""
    chosen = config.getoption("markexpr")
    if chosen == "not browser and not real_weights":
        return (
            "includes: every test but those in Label Studio and Chromium, which `make e2e` runs, "
            "and those on Whisper base's weights, which `make parity` runs"
        )
    if chosen == "browser":
        return "includes: the tests in Label Studio and Chromium; `make test` runs all others"
    return f"includes: {chosen or 'every test that this machine can run'}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send this worker's counts to the main process of pytest-xdist."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["attacks"] = attack_counts.counted()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the counts of a worker that has ended; one that crashed sent none."""
    attack_counts.add(getattr(node, "workeroutput", {}).get("attacks", attack_counts.NONE))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many attacks were tried and how many succeeded."""
    for line in attack_counts.summary():
        terminalreporter.write_line(line)
