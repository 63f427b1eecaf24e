from __future__ import annotations

from annotate.release.page import badges, numbers
from annotate.release.statistics import ORDER


def test_numbers_and_badges() -> None:
    counts = dict.fromkeys(ORDER, 0) | {"recordings": 4, "captions": 3, "words": 200}
    counts |= {"grounded_words": 50, "audio_ms": 9 * 3_600_000, "images": 3}
    assert ("25%", "pointed at") in numbers(counts)
    assert ("9.0 h", "of speech") in numbers(counts)
    assert ("7 s", "of speech") in numbers(counts | {"audio_ms": 7_000})
    assert ("28 min", "of speech") in numbers(counts | {"audio_ms": 28 * 60_000})
    assert badges(counts) == []
    shown = badges(counts | {"synthetic_voices": 4, "automatic_reviews": 1})
    assert [text for text, _ in shown] == ["Synthetic voices", "Automatic review"]
    assert shown[0][1].startswith("All")
    assert shown[1][1].startswith("1 of 3")
