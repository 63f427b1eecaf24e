"""Properties of manifests of any bytes: a row or an error per line, and names read as written."""

import json
import tempfile
from pathlib import Path

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from annotate.ingest.json_errors import explain
from annotate.ingest.manifest import NAME, read_manifest

ROW = {
    "recording": "a.wav",
    "image": "photo #3.jpg",
    "annotator": "ann-01",
    "consent": {"scope": "public", "at": "2026-11-01T09:00:00Z", "statement": "test-v1"},
}
LINE = json.dumps(ROW)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32")

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)


def manifest(data: bytes) -> list[tuple[int, str | None, str | None]]:
    """Each line's number, its image and its error."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / NAME).write_bytes(data)
        found = list(read_manifest(Path(folder)))
    return [(line.number, line.row and line.row.image, line.error) for line in found]


@given(st.binary(max_size=200), st.sampled_from(("", *ENCODINGS)))
@settings(deadline=None)
def test_any_bytes_give_lines_with_a_row_or_an_error(data: bytes, encoding: str) -> None:
    bom = "".encode(encoding) if encoding else b""
    found = manifest(bom + data)
    numbers = [number for number, _, _ in found]
    assert numbers == sorted(set(numbers))
    assert all((image is None) != (error is None) for _, image, error in found)


@given(st.integers(0, len(LINE)), st.text(max_size=5), st.integers(0, 5))
@settings(deadline=None)
def test_a_changed_line_never_affects_other_lines(at: int, new: str, cut: int) -> None:
    assume("\n" not in new)
    changed = LINE[:at] + new + LINE[at + cut :]
    data = "\n".join((LINE, changed, LINE)).encode(errors="replace")
    found = {number: error for number, _, error in manifest(data)}
    assert (found[1], found[3]) == (None, None)
    assert set(found) <= {1, 2, 3}


@given(names, st.sampled_from(ENCODINGS), st.booleans(), st.sampled_from(("\n", "\r\n")))
@settings(deadline=None)
def test_a_name_is_read_as_written(name: str, encoding: str, ascii_: bool, end: str) -> None:
    line = json.dumps({**ROW, "image": name}, ensure_ascii=ascii_)
    data = (line + end + LINE + end).encode(encoding)
    assume(encoding in ("utf-8", "utf-8-sig") or ascii_ or "\ufffd" not in name)
    assert [(image, error) for _, image, error in manifest(data)] == [
        (name, None),
        ("photo #3.jpg", None),
    ]


@given(st.text(max_size=60))
@settings(deadline=None)
def test_every_text_is_an_object_or_gets_an_explanation(text: str) -> None:
    found = explain(text)
    try:
        is_object = isinstance(json.loads(text), dict)
    except ValueError:
        is_object = False
    assert is_object or found
