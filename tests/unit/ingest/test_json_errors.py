"""Errors of a line are reported with their position and correction."""

import json

import pytest

from annotate.ingest.json_errors import explain


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"a": 1,}', "a comma stands before the } at character 9: take it out"),
        ('{"a": [1,]}', "a comma stands before the ] at character 10"),
        ("{'a': 1}", "single quotes stand at character 2"),
        ("{\"a\": 'b'}", "single quotes stand at character 7"),
        ("{\u201ca\u201d: 1}", "curly quotes stand at character 2"),
        ('{"a": NaN}', "NaN isn't JSON"),
        ('{"a": -Infinity}', "-Infinity isn't JSON"),
        ('{"a": True}', "write true"),
        ('{"a": None}', "write null"),
        ('{"a": 1', "the line ends inside the object"),
        ('{"a": "b', "the line ends inside the object"),
        ("{", "the line ends inside the object"),
        ('{"a": 1} {"b": 2}', "something follows the object at character 10"),
        ('{"a": 1}\r{"b": 2}', "CR alone"),
        ('{"a": 1},', "something follows the object"),
        ('{"a" 1}', "a colon is missing at character 6"),
        ('{"a": 1 "b": 2}', "a comma is missing"),
        ('{"a": "say "hi""}', "lacks its \\"),
        ("{a: 1}", "a stands at character 2 without double quotes"),
        ('{"a": "C:\\pictures"}', "the backslash at character 10"),
        ('{"a": "b\tc"}', "U+0009"),
        ('{"a": "b\0c"}', "NUL"),
        ('{\0"\0a\0', "UTF-16"),
        ("// a comment", "a comment stands at character 1"),
        ("# a comment", "a comment stands"),
        ("not json", "no JSON value stands at character 1"),
        ('["a.wav"]', "a list stands where one JSON object is wanted"),
        ("3", "a value stands where"),
        ("null", "null stands where"),
        ('"a"', "a text stands where"),
        ('{"a": "\\ud800"}', "\\ud800 is half a character"),
        ('{"a": ' + "[" * 100_000, "too deep"),
        ('{"a": ' + "9" * 5_000 + "}", "too many digits"),
    ],
)
def test_each_error_is_named(line: str, words: str) -> None:
    found = explain(line)
    assert found is not None
    assert words in found


@pytest.mark.parametrize("value", [{}, {"a": "\u2028 \U0001f600"}, {"a": [1, None, {"b": 1e99}]}])
def test_a_valid_object_has_no_error(value: object) -> None:
    assert explain(json.dumps(value)) is None
    assert explain(json.dumps(value, ensure_ascii=False)) is None
