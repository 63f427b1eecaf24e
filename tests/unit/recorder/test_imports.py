"""Some modules don't import Django, and the recorder imports no other package of annotate."""

from __future__ import annotations

import ast
from pathlib import Path

import annotate.recorder

FOLDER = Path(annotate.recorder.__file__).parent
WITHOUT_DJANGO = (
    *("server_time", "errors", "http_range", "limits", "media", "protocol", "rate"),
    *("edits", "second_look_queue", "project_kinds", "recordings_in_results", "recording_store"),
    *("records", "scrub", "storage", "strict_json", "page_texts", "upload_metadata"),
)


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_the_recorder_imports_no_other_package_of_annotate() -> None:
    for path in FOLDER.glob("*.py"):
        own = {name for name in imported(path) if name.split(".")[0] in ("annotate", "flows")}
        assert all(name.startswith("annotate.recorder") for name in own), path.name


def test_listed_modules_do_not_import_django() -> None:
    for name in WITHOUT_DJANGO:
        roots = {one.split(".")[0] for one in imported(FOLDER / f"{name}.py")}
        assert "django" not in roots
        assert "rest_framework" not in roots
