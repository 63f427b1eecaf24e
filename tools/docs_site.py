"""Build the documentation as a site: `python tools/docs_site.py`, or `make docs`.

mkdocs requires all pages in one folder. The pages of this repository are beside their subjects and
link to code and tests. So they and every file that they link to are copied with their paths, and
the same relative links work on the site.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "build" / "docs"
"""`docs_dir` in mkdocs.yml."""

STYLE = ROOT / "docs" / "site.css"
LINK = re.compile(r"(\[[^\]]*\]\()([^)#\s]+)((?:#[^)\s]*)?\))")
PAGES = (
    "*.md",
    "docs/**/*.md",
    "deploy/*.md",
    "data/*.md",
    "data/demo/*.md",
    "data/demo/images/*.md",
    "benchmarks/*.md",
    "tools/*/*.md",
)


def main() -> int:
    """Copy the pages and the files that they link to, and run mkdocs; returns its exit code."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    for page in sorted({page for pattern in PAGES for page in ROOT.glob(pattern)}):
        copy_page(page)
    copy_path(STYLE).write_bytes(STYLE.read_bytes())
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603


def copy_page(page: Path) -> None:
    """Copy a page and the files that it links to; a link to a folder leads to its README."""
    text = page.read_text("utf-8")
    for target in link_targets(page, text):
        if target.is_file() and target.suffix != ".md":
            copy_path(target).write_bytes(target.read_bytes())

    def with_readme(match: re.Match[str]) -> str:
        before, link, after = match.groups()
        if ":" not in link and (page.parent / link).is_dir():
            return f"{before}{link.rstrip('/')}/README.md{after}"
        return match[0]

    copy_path(page).write_text(LINK.sub(with_readme, text), "utf-8")


def link_targets(page: Path, text: str) -> Iterator[Path]:
    """The files and folders that a page links to."""
    for _, link, _ in LINK.findall(text):
        target = (page.parent / link).resolve()
        if ":" not in link and target.is_relative_to(ROOT):
            yield target


def copy_path(file: Path) -> Path:
    """The path of a repository file's copy; its folder is created."""
    copy = SOURCE / file.relative_to(ROOT)
    copy.parent.mkdir(parents=True, exist_ok=True)
    return copy


if __name__ == "__main__":
    sys.exit(main())
