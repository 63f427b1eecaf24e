"""Error messages for an invalid manifest line contain all errors in plain words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotate.ingest.manifest import MAX_ERRORS, NAME, read_manifest
from annotate.model.errors import AnnotateError

ROW = {
    "recording": "a.wav",
    "image": "a.jpg",
    "annotator": "ann-01",
    "consent": {"scope": "public", "statement": "test-v1"},
}


def error_of(folder: Path, **over: Any) -> str:
    row = {name: value for name, value in {**ROW, **over}.items() if value is not None}
    (folder / NAME).write_text(json.dumps(row) + "\n")
    (line,) = read_manifest(folder)
    assert line.error
    return line.error


def test_the_error_of_a_misspelt_key_precedes_that_of_the_missing_key(tmp_path: Path) -> None:
    errors = error_of(tmp_path, recording=None, recoding="a.wav")
    assert errors == (
        "recoding: is no key that is known: did you mean recording?; "
        "recording: is needed and isn't there"
    )


def test_misspelt_nested_keys_are_reported(tmp_path: Path) -> None:
    errors = error_of(tmp_path, consent={"scope": "public", "statment": "x", "statement": "x"})
    assert errors == "consent.statment: is no key that is known: did you mean statement?"


def test_an_unknown_key_should_be_removed(tmp_path: Path) -> None:
    assert error_of(tmp_path, weather="rain") == "weather: is no key that is known: take it out"


def test_every_error_is_reported_up_to_a_maximum(tmp_path: Path) -> None:
    errors = error_of(tmp_path, image=3, client_ms=-1, synthetic_voice="yes")
    assert [one.split(":")[0] for one in errors.split("; ")] == [
        "image",
        "client_ms",
        "synthetic_voice",
    ]
    many = error_of(tmp_path, **{f"zz{number}": 1 for number in range(MAX_ERRORS + 3)})
    assert many.endswith("; and 3 more")


def test_an_invalid_annotator_name_is_explained_in_words(tmp_path: Path) -> None:
    errors = error_of(tmp_path, annotator="Ann Doe")
    assert errors.startswith("annotator: has up to 254 letters, digits and . _ : @ + -")
    assert "pattern" not in errors


@pytest.mark.parametrize("name", [NAME, "other.txt"])
def test_a_file_instead_of_its_folder_is_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(AnnotateError, match=f"{name} is a file: .* give {tmp_path}$"):
        list(read_manifest(tmp_path / name))
