"""The texts of the recording page in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import annotate.recorder
from annotate.recorder.page_texts import WORDS
from annotate.recorder.protocol import INTERFACES

FOLDER = Path(annotate.recorder.__file__).parent


def test_both_languages_have_the_same_keys() -> None:
    assert set(WORDS) == set(INTERFACES)
    assert WORDS["en"].keys() == WORDS["ar"].keys()
    assert all(text.strip() for words in WORDS.values() for text in words.values())


def test_the_templates_use_exactly_the_defined_keys() -> None:
    used = set()
    for template in FOLDER.glob("templates/**/*.html"):
        used |= set(re.findall(r"words\.(\w+)", template.read_text("utf-8")))
    assert used == WORDS["en"].keys()


def test_the_scripts_have_the_same_keys_in_both_languages() -> None:
    source = (FOLDER / "static" / "strings.js").read_text("utf-8")
    english, arabic = source.split("const AR = ")
    key = re.compile(r"(?:^|[{,]) ?(\w+): \"", re.MULTILINE)
    names = [set(key.findall(re.sub(r"^\s+", "", one, flags=re.M))) for one in (english, arabic)]
    assert names[0] == names[1]
    assert len(names[0]) > 90
