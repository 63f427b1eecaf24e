"""Assignment of images to splits by a hash of their id, stable as a release grows.

An image's place is a number in [0, 1) computed from its id and the salt alone, and each split has
an interval of it. So an image never changes split because others are added, with one exception:
while some split would be empty, it takes the image nearest to its interval. A later image may
replace that one, which then returns to its own split. With fractions 0.9 and 0.1 that can only
happen while none of n images is in validation by its own number, whose probability is 0.9^n: 0.5 %
at 50 images.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from annotate.release.options import ReleaseOptions


def place(image_id: str, salt: str = "") -> float:
    """The image's number in [0, 1): the first 52 bits of a SHA-256, exact as a float."""
    digest = hashlib.sha256(f"{salt}\n{image_id}".encode()).hexdigest()
    return int(digest[:13], 16) / 16**13


def split(image_ids: Iterable[str], options: ReleaseOptions) -> dict[str, str]:
    """The split of each image. No split is empty where there are as many images as splits."""
    bounds = options.bounds()
    places = {image: place(image, options.split_salt) for image in sorted(set(image_ids))}
    splits = {
        image: next(name for name, start, end in bounds if start <= at < end)
        for image, at in places.items()
    }
    for name, start, end in bounds:
        members = list(splits.values())
        if name in members:
            continue
        spare = [image for image, held in splits.items() if members.count(held) > 1]
        if spare:
            middle = (start + end) / 2
            splits[min(spare, key=lambda image: (abs(places[image] - middle), image))] = name
    return splits
