"""The documentation matches the code: missing or wrong names are errors."""

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
from annotate.store.engine_choices import ENGINES, engine_dtypes

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

NAMED_TEST = re.compile(r"\[`(test_\w+)`\]\((\.\./tests/[^)\s]+)\)")
"""A test that the threat model names, and its file."""
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SETTING = re.compile(r"^#(?=[A-Za-z_]+ = |\[[a-z_.]+\]$)", re.MULTILINE)
"""In the example, a setting follows the `#` directly; prose follows after a space."""
UNSET = {
    "transcribe.model",
    "transcribe.batch_windows",
    "transcribe.alignment_heads",
    "transcribe.compute_type",
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
def test_every_command_is_documented(command: str):
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    assert re.search(rf"{command}\b", text), f"no page names `{command}`"


def test_documented_commands_exist():
    existing = {command.split()[1] for command in commands(typer.main.get_command(app), "annotate")}
    for page in PAGES:
        code = re.findall(r"(?:^    |`)annotate ([a-z]+)", page.read_text("utf-8"), re.MULTILINE)
        assert set(code) <= existing, f"{names(page)} names {set(code) - existing}"


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_the_target_of_every_relative_link_exists(page: Path):
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
def test_documented_make_targets_exist(page: Path):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z0-9]+):", makefile, re.MULTILINE))
    text = page.read_text("utf-8")
    for line in re.findall(r"(?:^    |`)make((?: [a-z0-9]+)+)", text, re.MULTILINE):
        assert set(line.split()) <= targets, f"{names(page)} names make{line}"


def test_tests_named_in_the_threat_model_exist():
    page = ROOT / "docs/threat-model.md"
    named = NAMED_TEST.findall(page.read_text("utf-8"))
    assert len(named) > 100
    for name, path in named:
        source = page.parent / path
        assert name == source.stem or f"def {name}(" in source.read_text("utf-8"), (name, path)


def test_the_architecture_names_every_package_and_only_existing_files():
    named = set(PATHS.findall(ARCHITECTURE))
    assert all((ROOT / one).exists() for one in named)
    packages = {path.parent.name for path in ROOT.glob("annotate/*/__init__.py")}
    assert packages == {one.split("/")[1] for one in named if re.fullmatch(r"annotate/\w+/", one)}


def test_every_decision_is_in_the_index():
    folder = ROOT / "docs/decisions"
    listed = set(LINK.findall((folder / "README.md").read_text("utf-8")))
    assert listed == {page.name for page in folder.glob("[0-9]*.md")}


def test_names_in_the_readmes_python_exist():
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for node in (node for block in blocks for node in ast.walk(ast.parse(block))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "client":
                assert hasattr(client, node.attr)
            elif node.value.id == "word":
                assert node.attr in client.CaptionWord._fields


def test_the_demos_output_is_between_markers():
    marked = re.search(r"<!-- demo output -->\n(.*?)<!-- end of demo output -->", README, re.DOTALL)
    assert marked
    assert "word error rate" in marked[1]


def test_every_table_and_column_is_documented():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", FORMATS, re.MULTILINE))
    for table in Table.__subclasses__():
        documented = set(re.findall(r"`(\w+)`", rows.get(table_name(table), "")))
        lacking = set(dtypes(table)) - set(BOOKKEEPING) - documented
        assert not lacking, f"docs/formats.md lacks {table_name(table)}: {sorted(lacking)}"
    lacking = set(claim_dtypes()) - set(STAMPED) - set(re.findall(r"`(\w+)`", rows[CLAIMS]))
    assert not lacking, f"docs/formats.md lacks {CLAIMS}: {sorted(lacking)}"
    lacking = set(engine_dtypes()) - set(STAMPED) - set(re.findall(r"`(\w+)`", rows[ENGINES]))
    assert not lacking, f"docs/formats.md lacks {ENGINES}: {sorted(lacking)}"


def test_exactly_the_keys_of_a_report_are_documented():
    section = FORMATS.split("## Reports")[1].split("## ")[0]
    keys = {cell for line in section.splitlines() for cell in line.split("|")[1:2]}
    documented = re.findall(r"`(\w+)`", " ".join(keys))
    assert sorted(documented) == sorted(StepReport(step="").to_json())


def test_exactly_the_keys_of_the_manifest_are_documented():
    section = FORMATS.split("## The source folder")[1].split("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(
        ManifestRow.model_fields
    )


def test_the_example_of_a_manifest_is_valid():
    (example,) = re.findall(r"```json\n(.*?)\n```", FORMATS, re.DOTALL)
    assert ManifestRow.model_validate(json.loads(example)).consent


def test_every_check_is_documented_in_order():
    section = FORMATS.split("## Checks")[1].split("## ")[0]
    documented = re.findall(r"^\| `(\w+)` \| `(\w+)` \| .* \| (yes|) ?\|$", section, re.MULTILINE)
    assert documented == [
        (check.name, check.reason, "yes" if check.reject else "") for check in CHECK_DEFINITIONS
    ]


def test_every_reason_for_quarantine_is_documented():
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
    """A nested mapping flattened to dotted names."""
    found = {}
    for name, value in tree.items():
        nested = isinstance(value, dict) and value
        found |= leaves(value, f"{before}{name}.") if nested else {f"{before}{name}": value}
    return found


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example of settings with every setting uncommented, selected by `ANNOTATE_SETTINGS`."""
    for name in [name for name in os.environ if name.startswith("ANNOTATE_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "annotate.toml"
    path.write_text(SETTING.sub("", EXAMPLE.read_text("utf-8")), "utf-8")
    monkeypatch.setenv("ANNOTATE_SETTINGS", str(path))
    return path


def test_every_setting_of_the_example_is_loaded(example: Path):
    written = leaves(tomllib.loads(example.read_text("utf-8")))
    loaded = leaves(settings.load().model_dump(mode="json"))
    assert {name: loaded.get(name) for name in written} == written


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
