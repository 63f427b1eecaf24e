"""Fixtures for the tests of reviewing."""

from pathlib import Path

import pytest

from tests.unit.review.exchange import Setting


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path)
