from __future__ import annotations

from collections import Counter

import pytest

from annotate.release.card import render_card, share, size_category
from annotate.release.options import ReleaseOptions
from annotate.release.statistics import Statistics

COUNTS = Counter(images=2, captions=2, recordings=3, annotators=2, words=10, audio_ms=90_000)
STATISTICS = Statistics(
    counts=COUNTS,
    splits=Counter(train=1, validation=1),
    languages=Counter(en=3),
    models=Counter(turbo=3),
)


def front_matter(card: str) -> list[str]:
    _, front, _ = card.split("---\n", 2)
    return front.splitlines()


def test_the_front_matter_follows_the_format_of_the_hub() -> None:
    title = 'Cats: "loud" ones # 1'
    front = front_matter(render_card(STATISTICS, ReleaseOptions(title=title, license="cc-by-4.0")))
    assert front == [
        r'pretty_name: "Cats: \"loud\" ones # 1"',
        'license: "cc-by-4.0"',
        "language:",
        '- "en"',
        "task_categories:",
        "- image-to-text",
        "tags:",
        "- dense-captions",
        "- spoken-captions",
        "- grounded-captions",
        "size_categories:",
        "- n<1K",
        "configs:",
        "- config_name: captions",
        "  default: true",
        "  data_files:",
        "  - split: train",
        "    path: data/train-*.parquet",
        "  - split: validation",
        "    path: data/validation-*.parquet",
        "- config_name: narrations",
        "  data_files:",
        "  - split: train",
        "    path: narrations/train-*.parquet",
        "  - split: validation",
        "    path: narrations/validation-*.parquet",
    ]


def test_an_unknown_language_is_an_empty_list() -> None:
    silent = Statistics(counts=COUNTS, splits=Counter(train=2))
    front = front_matter(render_card(silent, ReleaseOptions()))
    assert "language: []" in front
    assert not any("validation" in line for line in front)


def test_the_card_states_automatic_reviews_and_synthetic_voices() -> None:
    plain = render_card(STATISTICS, ReleaseOptions())
    assert "synthetic voices" not in plain
    assert "accepted automatically" not in plain
    counts = COUNTS | Counter(synthetic_voices=3, automatic_reviews=1)
    card = render_card(Statistics(counts=counts, splits=STATISTICS.splits), ReleaseOptions())
    assert "**All** of the recordings are of synthetic voices" in card
    assert "**1 of 2** of the captions were accepted automatically" in card


@pytest.mark.parametrize(
    ("rows", "name"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (717_042, "100K<n<1M"), (10**7, "1M<n<10M")],
)
def test_size_category(rows: int, name: str) -> None:
    assert size_category(rows) == name


def test_share() -> None:
    assert [share(0, 4), share(4, 4), share(1, 4)] == ["", "All", "1 of 4"]


def test_the_licence_and_attribution_are_printed_and_escaped() -> None:
    options = ReleaseOptions(license="other", attribution="By <b>A</b>,\n# CC BY 2.0 | [x](y)")
    card = render_card(Statistics(), options)
    assert "Licence: `other`. By \\<b\\>A\\</b\\>, \\# CC BY 2.0 \\| \\[x\\](y)\n" in card
    assert "Licence:" not in render_card(Statistics(), ReleaseOptions())
