"""Check of the error and the files of a pull from a hostile server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotate import client
from annotate.model.errors import AnnotateError
from tests.release_builders import tree
from tests.web_server import WebServer


def rejected(web: WebServer, to: Path, **more: Any) -> str:
    """The one-line error of a pull, after a check that it left no manifest or partial file."""
    with pytest.raises(AnnotateError) as caught:
        client.pull(web.url(), to, **{"allow_private": True, **more})
    assert "\n" not in str(caught.value)
    remaining = tree(to) if to.exists() else {}
    assert "manifest.json" not in remaining
    assert not [name for name in remaining if name.endswith(".part")]
    return str(caught.value)
