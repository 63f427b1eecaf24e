"""Words of captions that nobody truly said of the image, where the true words are known."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from annotate.text.normalization import bare_word

_GLUE = (
    "a an the and or but of in on at to by with from for as is are was were be it its this that "
    "these those there which who he she they his her their"
)
GLUE = frozenset(_GLUE.split())
"""Words that say nothing of an image."""


def unspoken_words(captions: pl.DataFrame, spoken: Mapping[str, set[str]]) -> list[str]:
    """Content words of captions that are in none of their recordings, one entry an occurrence.

    Args:
        captions: `text` and `recordings` (ids), one row a caption.
        spoken: The true words of each recording.
    """
    found: list[str] = []
    for caption in captions.select("text", "recordings").iter_rows(named=True):
        known: set[str] = set().union(*(spoken.get(one, set()) for one in caption["recordings"]))
        words = (bare_word(word) for word in caption["text"].split())
        found += [word for word in words if word and word not in known | GLUE]
    return found
