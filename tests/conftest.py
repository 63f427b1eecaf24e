"""What every run of the tests says about itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

import annotate.demo_model  # noqa: F401 - `find` knows the demo's checkpoint
from tests import attack_counts

# How long an example takes says more about the machine than about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def _settings_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What this user has noted of servers and Label Studios stays out of the tests, and theirs out
    of the user's notes. The model is the demo's unless a test names another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANNOTATE_TRANSCRIBE__MODEL", "demo")
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


def pytest_report_header(config: pytest.Config) -> str:
    """Which tests this run includes, so that a pass isn't taken for more than it is."""
    chosen = config.getoption("markexpr")
    if chosen == "not browser":
        return "includes: every test but those in Label Studio and Chromium, which `make e2e` runs"
    if chosen == "browser":
        return "includes: the tests in Label Studio and Chromium; `make test` runs all others"
    return f"includes: {chosen or 'every test that this machine can run'}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Of several processes each sends its counts to the one that prints them."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["attacks"] = attack_counts.counted()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process has ended; one that crashed has sent nothing."""
    attack_counts.add(getattr(node, "workeroutput", {}).get("attacks", attack_counts.NONE))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many attacks were tried, and how many were let in."""
    for line in attack_counts.summary():
        terminalreporter.write_line(line)
