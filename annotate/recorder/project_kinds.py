"""The kind of a project (recording or review), read from its labelling configuration."""

from __future__ import annotations

import re

RECORDING, REVIEW = "annotate-recording", "annotate-review"

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ROOT = re.compile(r"\s*<View\b[^<>]*?\sclassName=(?:\"([^\"<>]*)\"|'([^'<>]*)')")


def kind_of(label_config: str) -> str | None:
    """`annotate-recording` or `annotate-review`: the class of a configuration's first element."""
    found = _ROOT.match(_COMMENT.sub("", label_config or ""))
    classes = (found[1] or found[2] or "").split() if found else []
    return next((one for one in (RECORDING, REVIEW) if one in classes), None)
