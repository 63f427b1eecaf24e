"""Labelling configurations for the tests, with the recorder's protocol in a comment."""

from __future__ import annotations

import json
from typing import Any


def record_config(image: str = "", **overrides: Any) -> str:
    """A recording project's configuration.

    `image`: further attributes of the `<Image>` tag. `overrides` replaces fields of the protocol.
    """
    protocol = {
        "language": "en",
        "minimum_seconds": 2,
        "asked_seconds": 60,
        "interface": "en",
        "consent": {"scope": "public", "statement": "tests-v1"},
        **overrides,
    }
    return f"""<View className="annotate-recording">
  <!-- annotate-protocol {json.dumps(protocol, ensure_ascii=False)} -->
  <Image name="image" value="$image" {image}/>
  <TextArea name="recording" toName="image" required="true" maxSubmissions="1"/>
</View>"""
