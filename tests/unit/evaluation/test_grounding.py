import pytest

from annotate.evaluation.grounding import Grounding, Mention, grounded_share
from annotate.model.narration import Phrase
from annotate.model.pointer import Box

BOXES = {"r": {"cat": Box(x0_frac=0, y0_frac=0, x1_frac=0.5, y1_frac=1)}}


def a_phrase(start_ms=0, end_ms=1000, x_frac=0.25):
    return Phrase(
        first_word=0,
        end_word=1,
        text="cat",
        start_ms=start_ms,
        end_ms=end_ms,
        x_frac=x_frac,
        y_frac=None if x_frac is None else 0.5,
        box=None,
        tie="none" if x_frac is None else "trace",
        confidence=0.0,
    )


def score(phrases, *mentions):
    spans = mentions or [(0, 1000)]
    named = [Mention(region="cat", start_ms=start, end_ms=end) for start, end in spans]
    return grounded_share({"r": phrases}, {"r": named}, BOXES)


@pytest.mark.parametrize(("x_frac", "grounded"), [(0.25, 1), (0.5, 1), (0.51, 0), (None, 0)])
def test_a_phrase_is_grounded_when_its_point_is_in_the_box(x_frac, grounded):
    assert score([a_phrase(x_frac=x_frac)]).grounded == grounded


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "phrases"),
    [
        (500, 1500, 1),
        (501, 1501, 0),
        (400, 600, 1),
        (950, 1050, 1),
        (1000, 1100, 0),
        (2000, 2100, 0),
    ],
)
def test_a_phrase_is_about_a_mention_that_overlaps_half_of_either(start_ms, end_ms, phrases):
    assert score([a_phrase(start_ms, end_ms)]).phrases == phrases


def test_a_phrase_is_about_the_mention_that_it_overlaps_most():
    boxes = {"r": {**BOXES["r"], "dog": Box(x0_frac=0.5, y0_frac=0, x1_frac=1, y1_frac=1)}}
    mentions = [
        Mention(region="dog", start_ms=0, end_ms=400),
        Mention(region="cat", start_ms=400, end_ms=1000),
    ]
    assert grounded_share({"r": [a_phrase()]}, {"r": mentions}, boxes).grounded == 1


def test_the_share_is_the_ratio_and_0_without_phrases():
    scored = score([a_phrase(), a_phrase(x_frac=0.9)])
    assert scored == Grounding(grounded=1, phrases=2, share=0.5)
    assert score([]).share == 0
    assert grounded_share({}, {"r": []}, BOXES).phrases == 0
