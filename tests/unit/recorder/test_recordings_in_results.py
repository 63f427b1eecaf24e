"""Recordings that an annotation's result refers to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from annotate.recorder.recordings_in_results import named_recordings

ID = "0123456789abcdef" * 2


def result_with(text: Any) -> list[dict[str, Any]]:
    return [{"from_name": "recording", "value": {"text": text}}]


def test_the_recording_of_an_annotation_is_found() -> None:
    reference = json.dumps({"recording": ID})
    assert named_recordings(result_with([reference])) == [ID]
    assert named_recordings(result_with(reference)) == [ID]
    assert named_recordings(result_with([reference, reference])) == [ID, ID]
    assert named_recordings([{"from_name": "caption", "value": {"text": [reference]}}]) == []


@pytest.mark.parametrize("result", [None, [], {}, "text", [1], [None], [{"from_name": "x"}]])
def test_other_results_contain_no_recording(result: Any) -> None:
    assert named_recordings(result) == []


@pytest.mark.parametrize(
    "text",
    [
        *(None, 1, "", "x", "[]", "[" * 100_000, "1" * 5000, '{"recording": 5}', "{}"),
        *(f'{{"recording": "{ID}x"}}', f'{{"recording": "../{ID[3:]}"}}', {"recording": ID}),
        '{"recording": "' + "\uff10" * 32 + '"}',
    ],
)
def test_an_invalid_reference_gives_an_empty_id(text: Any) -> None:
    assert named_recordings(result_with([text])) == [""]
