"""Gold images are recorded in the lake, once."""

from pathlib import Path

import pytest

from annotate.model.errors import AnnotateError
from annotate.model.tables import Gold
from annotate.review.gold import remember
from annotate.store.lake import Lake
from tests.builders import img, sha


def test_gold_images_are_stored_once(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    assert remember(lake, [sha("a"), sha("b"), sha("a")]) == 2
    assert remember(lake, [sha("b"), sha("c")]) == 1
    assert set(lake.read(Gold)["image_id"]) == {img("a"), img("b"), img("c")}
    assert lake.scan(Gold).collect().height == 3


def test_an_invalid_hash_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="not a SHA-256"):
        remember(Lake(tmp_path), ["x"])
