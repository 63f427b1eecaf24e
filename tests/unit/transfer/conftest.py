from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from annotate.release.create import create
from annotate.release.options import ReleaseOptions
from tests.release_builders import a_lake
from tests.web_server import WebServer


@pytest.fixture(autouse=True)
def separate_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of four images in files of one image each. Read-only: tests share it."""
    lake = a_lake(tmp_path_factory.mktemp("lake"), 4)
    return Path(create(lake, "v1", ReleaseOptions(images_per_file=1)).path)


@pytest.fixture
def web(release: Path) -> Iterator[WebServer]:
    """A server of that release."""
    with WebServer(release) as server:
        yield server
