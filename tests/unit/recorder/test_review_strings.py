"""The texts of the review panel in both languages."""

import re
from pathlib import Path

from annotate import recorder

STATIC = Path(recorder.__file__).parent / "static"
SOURCES = {path.name: path.read_text("utf-8") for path in STATIC.glob("review_*.js")}


def keys_of(language: str) -> set[str]:
    strings = SOURCES["review_strings.js"]
    block = re.search(rf"const {language} = \{{(.*?)\n\}};", strings, re.DOTALL)
    assert block
    without_texts = re.sub(r'"(?:[^"\\]|\\.)*"', '""', block[1])
    return set(re.findall(r"(\w+): \"\"", without_texts))


def test_both_languages_have_the_same_keys() -> None:
    assert keys_of("EN") == keys_of("AR")
    assert len(keys_of("EN")) > 50


def test_every_key_exists_and_is_used() -> None:
    keys = keys_of("EN")
    code = "".join(text for name, text in SOURCES.items() if name != "review_strings.js")
    requested = set(re.findall(r"\bt\(\"(\w+)\"", code))
    assert requested <= keys
    words = set(re.findall(r"\w+", code))
    prefixes = tuple(re.findall(r"`(\w+_)\$", code))
    assert [one for one in keys if one not in words and not one.startswith(prefixes)] == []


def test_no_text_is_inserted_as_markup() -> None:
    for name, text in SOURCES.items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text), name


def test_the_panels_files_are_short() -> None:
    for path in STATIC.glob("review*"):
        assert len(path.read_text("utf-8").splitlines()) < 300, path.name
