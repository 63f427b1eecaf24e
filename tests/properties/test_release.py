"""Properties of splits, file names, manifests and the viewer of a release."""

from __future__ import annotations

import json
import string
import unicodedata
from itertools import pairwise
from pathlib import PurePosixPath, PureWindowsPath

from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.model.errors import AnnotateError
from annotate.release.manifest import File, Manifest, content_hash, read_manifest
from annotate.release.names import is_release_file, twins
from annotate.release.options import ReleaseOptions
from annotate.release.split import place, split
from annotate.release.viewer import caption_tokens, render_viewer, thin_path
from tests.builders import img, sha

IMAGES = st.sets(st.integers(0, 10_000).map(lambda number: img(str(number))), max_size=60)
OPTIONS = ReleaseOptions()
few = settings(max_examples=60, deadline=None)


@few
@given(IMAGES)
def test_every_image_gets_one_split_and_none_is_empty(images: set[str]) -> None:
    splits = split(images, OPTIONS)
    assert set(splits) == images
    if len(images) >= 2:
        assert set(splits.values()) == {"train", "validation"}


@few
@given(IMAGES, IMAGES)
def test_added_images_move_only_an_image_that_filled_an_empty_split(
    old: set[str], new: set[str]
) -> None:
    before, after = split(old, OPTIONS), split(old | new, OPTIONS)
    moved = [image for image in old if before[image] != after[image]]
    own = {image: "validation" if place(image) < 0.1 else "train" for image in old}
    assert all(before[image] != own[image] or after[image] != own[image] for image in moved)
    if set(own.values()) == {"train", "validation"}:
        assert moved == []


@few
@given(st.sets(st.text(string.ascii_lowercase + "/.", min_size=1, max_size=12), max_size=8))
def test_content_hash_does_not_depend_on_order(paths: set[str]) -> None:
    files = [File(path=path, bytes=1, sha256=sha(path)) for path in paths]
    assert content_hash(files) == content_hash(reversed(files))


NAMES = st.text(
    st.sampled_from("datimges/adbc01-of.parquet README.mdhtlxwv\\:\x00é\u202e"), max_size=90
) | st.from_regex(r"(data|images|audio)/[a-f0-9]{2}/[a-f0-9]{64}\.[a-z]{2,4}", fullmatch=True)


@few
@given(NAMES | st.text(max_size=30))
def test_an_accepted_name_is_inside_the_folder(path: str) -> None:
    if not is_release_file(path):
        return
    assert path.isascii()
    assert path.isprintable()
    for parts in (PurePosixPath(path).parts, PureWindowsPath(path).parts):
        assert "/".join(parts) == path
        assert all(part == part.strip(". ") for part in parts)
        assert not any(PureWindowsPath(part).is_reserved() for part in parts)
    assert not PureWindowsPath(path).is_absolute()


@few
@given(st.lists(NAMES, max_size=20))
def test_names_without_twins_never_collide(paths: list[str]) -> None:
    valid = [path for path in paths if is_release_file(path)]
    if twins(valid) is None:
        assert len({unicodedata.normalize("NFD", path).lower() for path in valid}) == len(valid)


EMPTY = Manifest(
    version="v1", content_sha256=content_hash(()), counts={"images": 1}, step_keys={}, files=()
).sealed().to_bytes()  # fmt: skip
WITH_README = Manifest(
    version="v1",
    content_sha256=content_hash([File(path="README.md", bytes=1, sha256=sha("x"))]),
    counts={},
    step_keys={},
    files=(File(path="README.md", bytes=1, sha256=sha("x")),),
).sealed().to_bytes()  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
)


@st.composite
def manifests(draw: st.DrawFn) -> bytes:
    """Random bytes, any JSON, and valid manifests with a part replaced by either."""
    data = draw(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
    if draw(st.booleans()):
        return data
    valid = draw(st.sampled_from([EMPTY, WITH_README]))
    start, length = draw(st.integers(0, len(valid))), draw(st.integers(0, 30))
    return valid[:start] + data + valid[start + length :]


@settings(max_examples=400, deadline=None)
@given(manifests())
def test_any_manifest_is_read_or_gives_a_one_line_error(data: bytes) -> None:
    try:
        read = read_manifest(data, "here")
    except AnnotateError as error:
        message = str(error)
    else:
        message = "" if read.to_bytes() == data or read.schema_version == 1 else "read\ndifferently"
    assert "\n" not in message


@st.composite
def texts_with_words(draw: st.DrawFn) -> tuple[str, list[tuple[int, int]]]:
    text = draw(st.text(max_size=40))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    return text, [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False) if a < b]


@few
@given(texts_with_words())
def test_tokens_join_to_the_text(case: tuple[str, list[tuple[int, int]]]) -> None:
    text, spans = case
    no_origin = dict.fromkeys(("recording_id", "start_ms", "end_ms", "x_frac", "y_frac"))
    lineage = [{"start_char": a, "end_char": b, "kind": "edited", **no_origin} for a, b in spans]
    tokens = caption_tokens(text, lineage, [])
    assert "".join(token["gap"] + token["text"] for token in tokens) == text


@few
@given(st.text())
def test_no_text_closes_the_script_element_around_it(text: str) -> None:
    about = {"title": text, "version": "v", "license": "l", "attribution": text}
    counts = {"total": 0, "shown": 0, "numbers": [], "badges": []}
    page = render_viewer({**about, **counts}, [{"text": text}])
    embedded = page.split('<script type="application/json" id="data">')[1].split("</script>")[0]
    assert json.loads(embedded) == {"images": [{"text": text}]}
    assert page.count("<script") == 2


@few
@given(st.lists(st.integers(0, 5_000)).map(sorted))
def test_a_thinned_path_has_the_same_order_and_start(times: list[int]) -> None:
    thin_times = thin_path({"t_ms": t, "x_frac": 0.0, "y_frac": 0.0} for t in times)[0::3]
    assert thin_times[:1] == times[:1]
    assert all(later - earlier >= 40 for earlier, later in pairwise(thin_times))
