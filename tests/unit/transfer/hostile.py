"""Check of the files that a pull from a hostile server leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotate import client
from annotate.model.errors import AnnotateError
from tests.release_builders import tree
from tests.web_server import WebServer


def rejected(web: WebServer, to: Path, **more: Any) -> str:
    """The line with which a pull ends, which leaves nothing but its own mark behind."""
    with pytest.raises(AnnotateError) as caught:
        client.pull(web.url(), to, **{"allow_private": True, **more})
    assert "\n" not in str(caught.value)
    left = tree(to) if to.exists() else {}
    assert "manifest.json" not in left
    assert not [name for name in left if name.endswith(".part")]
    return str(caught.value)
