"""What every run of the tests says about itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

# How long an example takes says more about the machine than about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def _settings_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What this user has noted of servers and Label Studios stays out of the tests, and theirs out
    of the user's notes."""
    with pytest.MonkeyPatch.context() as patch:
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
