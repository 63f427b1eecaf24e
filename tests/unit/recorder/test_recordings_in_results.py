"""Which recordings an annotation holds, however it was written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from annotate.recorder.recordings_in_results import named_recordings

ID = "0123456789abcdef" * 2


def held(text: Any) -> list[dict[str, Any]]:
    return [{"from_name": "recording", "value": {"text": text}}]


def test_the_recording_of_an_annotation_is_found() -> None:
    reference = json.dumps({"recording": ID})
    assert named_recordings(held([reference])) == [ID]
    assert named_recordings(held(reference)) == [ID]
    assert named_recordings(held([reference, reference])) == [ID, ID]
    assert named_recordings([{"from_name": "caption", "value": {"text": [reference]}}]) == []


@pytest.mark.parametrize("nothing", [None, [], {}, "text", [1], [None], [{"from_name": "x"}]])
def test_where_there_is_none_none_is_found(nothing: Any) -> None:
    assert named_recordings(nothing) == []


@pytest.mark.parametrize(
    "text",
    [
        *(None, 1, "", "x", "[]", "[" * 100_000, "1" * 5000, '{"recording": 5}', "{}"),
        *(f'{{"recording": "{ID}x"}}', f'{{"recording": "../{ID[3:]}"}}', {"recording": ID}),
        '{"recording": "' + "\uff10" * 32 + '"}',
    ],
)
def test_what_should_be_a_recording_and_is_none_is_named_as_such(text: Any) -> None:
    assert named_recordings(held([text])) == [""]
