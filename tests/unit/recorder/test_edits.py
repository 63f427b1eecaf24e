"""Validation of the words from the pipeline and of annotators' corrections of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from annotate.recorder.edits import MAX_CHANGES, MAX_TEXT, check_edit, parse_words
from annotate.recorder.errors import RequestError
from annotate.recorder.recordings_in_results import edits_of
from tests.builders import sha

WORD = {"text": "a", "start_ms": 0, "end_ms": 200, "probability": 0.5, "space_before": True}
MODEL = {"engine": "annotate", "model": "demo", "model_sha256": sha("model")}


def words_response(**over: Any) -> dict[str, Any]:
    return {"version": 1, "language": "en", **MODEL, "words": [WORD, WORD], **over}


def edit(*changes: Any, **over: Any) -> dict[str, Any]:
    return {"version": 1, "changes": list(changes), **over}


def change(word: Any = 0, text: Any = "the", **over: Any) -> dict[str, Any]:
    return {"word": word, "text": text, **over}


def test_valid_words_are_unchanged() -> None:
    assert parse_words(json.dumps(words_response())) == words_response()
    assert parse_words(json.dumps(words_response(words=[])))["words"] == []


def test_invisible_characters_are_removed_from_words() -> None:
    parsed = parse_words(json.dumps(words_response(words=[{**WORD, "text": "a\u202eb\0\u200c"}])))
    assert parsed["words"][0]["text"] == "ab\u200c"


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '{"version": 1, "version": 1}'),
        *(
            json.dumps(words_response(**over))
            for over in (
                {"version": 2},
                {"words": None},
                {"words": [WORD] * 20_001},
                {"language": 7},
                {"model_sha256": None},
                *(
                    {"words": [{**WORD, **bad}]}
                    for bad in (
                        {"start_ms": -1},
                        {"start_ms": 201},
                        {"end_ms": 10**12},
                        {"end_ms": 0.5},
                        {"end_ms": True},
                        {"probability": 1.5},
                        {"probability": "1"},
                        {"probability": True},
                        {"space_before": 1},
                        {"text": None},
                        {"more": 1},
                    )
                ),
                {"words": ["a"]},
            )
        ),
        json.dumps(words_response(words=[{**WORD, "probability": float("nan")}])),
    ],
)
def test_invalid_words_are_rejected(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_words(text)
    assert (caught.value.status, caught.value.code) == (400, "bad_words")


@pytest.mark.parametrize(
    "good",
    [
        edit(),
        edit(change()),
        edit(change(0, ""), change(1, "red brick")),
        edit(change(1, "<b>red</b>")),
        edit(change(text="\u0645\u06cc\u200c\u062e\u0648")),
        edit(change(text="x" * MAX_TEXT)),
    ],
)
def test_a_valid_edit_is_accepted(good: Any) -> None:
    check_edit(good, words_response())


@pytest.mark.parametrize(
    "bad",
    [
        *(
            None,
            [],
            "x",
            {},
            {"version": 1},
            edit(version=2),
            edit(version=True),
            edit(more=1),
            edit(changes={}),
        ),
        *(edit(changes=None), edit("red"), edit(change(more=1)), edit({"word": 0})),
        *(edit(change(word)) for word in (2, -1, 0.5, True, "0", None, 10**400)),
        *(edit(change(0), change(0)), edit(change(1), change(0))),
        *(edit(change(text=text)) for text in (None, 7, ["red"], "x" * (MAX_TEXT + 1))),
        *(edit(change(text=text)) for text in (" red", "red ", "a  b", "a\nb", "a\tb", "a\0b")),
        *(edit(change(text=text)) for text in ("\u202ered", "\x1b[31m", "\ud800", "\ue000")),
        edit(*[change(word) for word in range(MAX_CHANGES + 1)]),
    ],
)
def test_an_invalid_edit_is_rejected(bad: Any) -> None:
    with pytest.raises(RequestError) as caught:
        check_edit(bad, words_response())
    assert (caught.value.status, caught.value.code) == (400, "bad_edit")


def test_changes_without_shown_words_are_rejected() -> None:
    check_edit(edit(), None)
    with pytest.raises(RequestError):
        check_edit(edit(change()), None)


def result(*texts: Any) -> list[dict[str, Any]]:
    return [{"from_name": "recording", "value": {"text": list(texts)}}]


def test_edits_are_returned_with_their_recording() -> None:
    name = "0" * 32
    with_edit = json.dumps({"recording": name, "edit": edit()})
    without_edit = json.dumps({"recording": name})
    assert edits_of(result(with_edit)) == [(name, edit())]
    assert edits_of(result(without_edit, "rubbish", None, "[]")) == []
    assert edits_of(None) == []
    assert edits_of(result(json.dumps({"edit": 7}))) == [("", 7)]


def test_an_edit_with_duplicate_keys_is_rejected() -> None:
    with pytest.raises(ValueError, match="twice"):
        edits_of(result('{"edit": {"version": 1, "version": 2}}'))
