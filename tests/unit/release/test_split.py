from __future__ import annotations

from itertools import pairwise

import pytest
from pydantic import ValidationError

from annotate.release.options import ReleaseOptions
from annotate.release.split import place, split
from tests.builders import img

OPTIONS = ReleaseOptions()
MANY = [img(str(number)) for number in range(2000)]


def test_the_shares_are_approximated_over_many_images() -> None:
    splits = list(split(MANY, OPTIONS).values())
    assert 150 < splits.count("validation") < 250
    assert splits.count("train") == 2000 - splits.count("validation")


def test_lowest_hash_goes_to_validation_when_it_is_empty() -> None:
    few = [image for image in MANY if place(image) > 0.2][:4]
    splits = split(few, OPTIONS)
    lowest = min(few, key=place)
    assert [image for image, name in splits.items() if name == "validation"] == [lowest]


def test_highest_hash_goes_to_train_when_it_is_empty() -> None:
    few = [image for image in MANY if place(image) < 0.1][:3]
    splits = split(few, OPTIONS)
    highest = max(few, key=place)
    assert [image for image, name in splits.items() if name == "train"] == [highest]


def test_a_single_image_stays_in_its_split() -> None:
    only = next(image for image in MANY if place(image) > 0.2)
    assert split([only], OPTIONS) == {only: "train"}


def test_another_salt_gives_other_splits() -> None:
    salted = split(MANY, ReleaseOptions(split_salt="other"))
    assert salted != split(MANY, OPTIONS)


@pytest.mark.parametrize(
    "shares",
    [
        (),
        (("train", 0.9),),
        (("train", 1.0), ("validation", 0.0)),
        (("train", 0.5), ("train", 0.5)),
        (("../train", 1.0),),
    ],
)
def test_invalid_shares_are_rejected(shares: tuple[tuple[str, float], ...]) -> None:
    with pytest.raises(ValidationError):
        ReleaseOptions(shares=shares)


def test_bounds_cover_0_to_1_without_overlap() -> None:
    options = ReleaseOptions(shares=(("train", 0.7), ("test", 0.2), ("validation", 0.1)))
    bounds = options.bounds()
    assert [name for name, _, _ in bounds] == ["validation", "test", "train"]
    assert bounds[0][1] == 0.0
    assert bounds[-1][2] == 1.0
    assert all(left[2] == right[1] for left, right in pairwise(bounds))
