"""A lake works in a folder of any name that the file system allows."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from annotate.execution.leases import KEYS, Leases
from annotate.model.tables import Images, Quarantine
from annotate.store.lake import Lake
from tests.builders import an_image, frame, img

NASTY = " #?%&+=~!$'\"`()[]{}<>|;:*@,.-_\\^\n\t\r\x01\x7füßéאبيانات日本👩‍🚀\u202e\ufeffaZ0"  # noqa: RUF001
ESCAPED = ["%20", "%2F", "%25", "%C3%BC", "://", "::", "file:", "s3:", "..", "a=b", "[a]", "{a,b}"]
PIECES = st.one_of(
    st.sampled_from(NASTY),
    st.sampled_from(ESCAPED),
    st.characters(exclude_categories=("Cs",), exclude_characters="/\0"),
)


def is_valid(name: str) -> bool:
    return name not in ("", ".", "..") and "/" not in name and len(name.encode()) <= 200


NAMES = st.lists(PIECES, min_size=1, max_size=12).map("".join).filter(is_valid)


@settings(max_examples=60, deadline=None)
@given(name=NAMES)
@example("My Projects بيانات #1")
@example("%20")
@example("[")
@example("[a-z]*{1,2}")
@example("a%2Fb")
@example("-x")
@example("~")
@example("line\nbreak")
@example("back\\slash")
@example("trailing ")
@example("k=v")
@example("'\"`")
def test_a_lake_works_in_a_folder_of_any_name(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = os.path.join(folder, name, "lake")
        lake = Lake(root)
        assert lake.append(Images, frame(Images, [an_image("a", name="old")])).is_empty()
        assert lake.append(Images, frame(Images, [an_image("a", name="new")])).is_empty()
        key = lake.blobs.put("audio", b"audio", "webm")
        keys = pl.DataFrame({"item": [img("a")], "step_key": ["k"]}).select(KEYS)
        claims = Leases(lake, "paint")
        claimed = claims.claim(claims.read(), keys)

        reopened = Lake(root)
        assert reopened.read(Images)["name"].to_list() == ["new"]
        assert reopened.scan(Images).collect().height == 2
        assert reopened.read(Quarantine).is_empty()
        assert reopened.blobs.get(key) == b"audio"
        assert reopened.blobs.sweep_staging() == 0
        assert claimed
        assert Leases(reopened, "paint", "elsewhere:1:1").read().claimed.height == 1
        assert sorted(os.listdir(folder)) == [name]
        assert sorted(os.listdir(root)) == ["blobs", "staging", "tables"]
        assert (Path(root) / key).is_file()
