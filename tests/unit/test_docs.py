"""The documents keep up with the code: what isn't told, or is told wrongly, fails."""

from __future__ import annotations

import ast
import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from annotate import client, settings
from annotate.check.checks import CHECK_DEFINITIONS
from annotate.cli.app import app
from annotate.ingest.manifest import ManifestRow
from annotate.model.claims import CLAIMS, claim_dtypes
from annotate.model.report import StepReport
from annotate.model.tables import BOOKKEEPING, STAMPED, Table, dtypes, table_name

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        ROOT / "deploy/README.md",
        ROOT / "data/README.md",
    ]
)
FORMATS = (ROOT / "docs/formats.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text("utf-8")
PATHS = re.compile(r"`((?:annotate|flows|benchmarks|tools)/[\w/.]*)`")
EXAMPLE = ROOT / "deploy" / "annotate.toml"

SHOWN = re.compile(r"\[`(test_\w+)`\]\((\.\./tests/[^)\s]+)\)")
"""A test that the threat model names, and its file."""
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SETTING = re.compile(r"^#(?=[A-Za-z_]+ = |\[[a-z_.]+\]$)", re.MULTILINE)
"""In the example a setting follows the `#` at once, and prose follows it after a space."""
UNSET = {
    "transcribe.model",
    "transcribe.batch_windows",
    "transcribe.gpu_hour_price",
    "transcribe.decoding.language",
    "transcribe.decoding.initial_prompt",
    "label_studio.url",
}
"""Settings without a default, for which the example shows some value."""
ENVIRONMENT_ONLY = {"label_studio.token", "pseudonym_key"}


def names(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def commands(command: Any, before: str) -> Iterator[str]:
    for name, inner in command.commands.items():
        if hasattr(inner, "commands"):
            yield from commands(inner, f"{before} {name}")
        else:
            yield f"{before} {name}"


@pytest.mark.parametrize("command", list(commands(typer.main.get_command(app), "annotate")))
def test_every_command_is_told_in_the_documents(command: str):
    told = "\n".join(page.read_text("utf-8") for page in PAGES)
    assert re.search(rf"{command}\b", told), f"no page tells of `{command}`"


def test_no_document_tells_of_a_command_that_is_not_there():
    known = {command.split()[1] for command in commands(typer.main.get_command(app), "annotate")}
    for page in PAGES:
        code = re.findall(r"(?:^    |`)annotate ([a-z]+)", page.read_text("utf-8"), re.MULTILINE)
        assert set(code) <= known, f"{names(page)} tells of {set(code) - known}"


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_relative_link_leads_somewhere(page: Path):
    for link in LINK.findall(page.read_text("utf-8")):
        if link.startswith(("https://", "http://")):
            continue
        path, _, heading = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{names(page)} links {link}"
        if heading:
            assert heading in anchors(target), f"{names(page)} links {link}"


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_make_target_is_in_the_makefile(page: Path):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z0-9]+):", makefile, re.MULTILINE))
    text = page.read_text("utf-8")
    for line in re.findall(r"(?:^    |`)make((?: [a-z0-9]+)+)", text, re.MULTILINE):
        assert set(line.split()) <= targets, f"{names(page)} says make{line}"


def test_every_test_of_the_threat_model_is_there():
    page = ROOT / "docs/threat-model.md"
    shown = SHOWN.findall(page.read_text("utf-8"))
    assert len(shown) > 100
    for name, path in shown:
        source = page.parent / path
        assert name == source.stem or f"def {name}(" in source.read_text("utf-8"), (name, path)


def test_the_architecture_names_every_package_and_only_files_that_are_there():
    named = set(PATHS.findall(ARCHITECTURE))
    assert all((ROOT / one).exists() for one in named)
    packages = {path.parent.name for path in ROOT.glob("annotate/*/__init__.py")}
    assert packages == {one.split("/")[1] for one in named if re.fullmatch(r"annotate/\w+/", one)}


def test_every_decision_is_in_the_index():
    folder = ROOT / "docs/decisions"
    listed = set(LINK.findall((folder / "README.md").read_text("utf-8")))
    assert listed == {page.name for page in folder.glob("[0-9]*.md")}


def test_the_readme_s_python_names_things_that_are_there():
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for node in (node for block in blocks for node in ast.walk(ast.parse(block))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "client":
                assert hasattr(client, node.attr)
            elif node.value.id == "word":
                assert node.attr in client.CaptionWord._fields


def test_the_demo_s_output_is_marked_so_that_it_can_be_refreshed():
    marked = re.search(r"<!-- demo output -->\n(.*?)<!-- end of demo output -->", README, re.DOTALL)
    assert marked
    assert "word error rate" in marked[1]


def test_every_table_and_column_is_told():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", FORMATS, re.MULTILINE))
    for table in Table.__subclasses__():
        told = set(re.findall(r"`(\w+)`", rows.get(table_name(table), "")))
        lacking = set(dtypes(table)) - set(BOOKKEEPING) - told
        assert not lacking, f"docs/formats.md lacks {table_name(table)}: {sorted(lacking)}"
    lacking = set(claim_dtypes()) - set(STAMPED) - set(re.findall(r"`(\w+)`", rows[CLAIMS]))
    assert not lacking, f"docs/formats.md lacks {CLAIMS}: {sorted(lacking)}"


def test_every_key_of_a_report_is_told_and_no_other():
    section = FORMATS.split("## Reports")[1].split("## ")[0]
    keys = {cell for line in section.splitlines() for cell in line.split("|")[1:2]}
    told = re.findall(r"`(\w+)`", " ".join(keys))
    assert sorted(told) == sorted(StepReport(step="").to_json())


def test_every_key_of_the_manifest_is_told_and_no_other():
    section = FORMATS.split("## The source folder")[1].split("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(
        ManifestRow.model_fields
    )


def test_the_manifest_s_example_is_one():
    (example,) = re.findall(r"```json\n(.*?)\n```", FORMATS, re.DOTALL)
    assert ManifestRow.model_validate(json.loads(example)).consent


def test_every_check_is_told_in_order():
    section = FORMATS.split("## Checks")[1].split("## ")[0]
    told = re.findall(r"^\| `(\w+)` \| `(\w+)` \| .* \| (yes|) ?\|$", section, re.MULTILINE)
    assert told == [
        (check.name, check.reason, "yes" if check.reject else "") for check in CHECK_DEFINITIONS
    ]


def test_every_reason_for_quarantine_is_told():
    section = FORMATS.split("## Reasons for quarantine")[1].split("## ")[0]
    source = "\n".join(
        path.read_text("utf-8")
        for stage in ("ingest", "transcribe", "store")
        for path in (ROOT / "annotate" / stage).glob("*.py")
    )
    reasons = set(re.findall(r'(?:RejectedError\(\s*|reason=)"(\w+)"', source))
    assert {"no_consent", "invalid_row", "duplicate_audio"} <= reasons
    assert reasons <= set(re.findall(r"`(\w+)`", section))


def leaves(tree: dict[str, Any], before: str = "") -> dict[str, Any]:
    """A nested mapping as one from dotted names."""
    found = {}
    for name, value in tree.items():
        deeper = isinstance(value, dict) and value
        found |= leaves(value, f"{before}{name}.") if deeper else {f"{before}{name}": value}
    return found


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings example with every setting set, and named as the settings to use."""
    for name in [name for name in os.environ if name.startswith("ANNOTATE_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "annotate.toml"
    path.write_text(SETTING.sub("", EXAMPLE.read_text("utf-8")), "utf-8")
    monkeypatch.setenv("ANNOTATE_SETTINGS", str(path))
    return path


def test_every_setting_of_the_example_is_taken(example: Path):
    written = leaves(tomllib.loads(example.read_text("utf-8")))
    taken = leaves(settings.load().model_dump(mode="json"))
    assert {name: taken.get(name) for name in written} == written


def test_the_example_shows_every_setting_at_its_default(example: Path):
    shown = leaves(tomllib.loads(example.read_text("utf-8")))
    defaults = leaves(settings.Settings.model_construct().model_dump(mode="json"))
    defaults.pop("storage_options")
    assert {name for name, value in defaults.items() if value is None} == UNSET | ENVIRONMENT_ONLY
    with_default = {name: value for name, value in defaults.items() if value is not None}
    assert {name: shown.get(name) for name in with_default} == with_default
    assert set(shown) >= UNSET
    for name in ENVIRONMENT_ONLY:
        assert f"ANNOTATE_{name.upper().replace('.', '__')}" in EXAMPLE.read_text("utf-8")
