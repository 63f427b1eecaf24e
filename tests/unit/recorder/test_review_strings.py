"""What the review panel says, it says in both languages."""

import re
from pathlib import Path

from annotate import recorder

STATIC = Path(recorder.__file__).parent / "static"
SOURCES = {path.name: path.read_text("utf-8") for path in STATIC.glob("review_*.js")}


def keys_of(language: str) -> set[str]:
    strings = SOURCES["review_strings.js"]
    block = re.search(rf"const {language} = \{{(.*?)\n\}};", strings, re.DOTALL)
    assert block
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', block[1])
    return set(re.findall(r"(\w+): \"\"", bare))


def test_both_languages_have_the_same_sentences() -> None:
    assert keys_of("EN") == keys_of("AR")
    assert len(keys_of("EN")) > 50


def test_every_sentence_is_there_and_is_said() -> None:
    known = keys_of("EN")
    others = "".join(text for name, text in SOURCES.items() if name != "review_strings.js")
    asked = set(re.findall(r"\bt\(\"(\w+)\"", others))
    assert asked <= known
    said = set(re.findall(r"\w+", others))
    prefixes = tuple(re.findall(r"`(\w+_)\$", others))
    assert [one for one in known if one not in said and not one.startswith(prefixes)] == []


def test_nothing_is_written_as_markup() -> None:
    for name, text in SOURCES.items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text), name


def test_the_panels_files_are_short() -> None:
    for path in STATIC.glob("review*"):
        assert len(path.read_text("utf-8").splitlines()) < 300, path.name
