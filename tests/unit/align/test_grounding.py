import pytest

from annotate.align.grounding import UNGROUNDED, Pointer
from annotate.align.options import AlignOptions
from annotate.model.pointer import Trace, TracePoint
from annotate.model.speech import Span


def span(start_ms, end_ms):
    return Span(start_ms=start_ms, end_ms=end_ms)


def click(x_frac, t_ms):
    return TracePoint(x_frac=x_frac, y_frac=0.5, t_ms=t_ms)


def rest(x_frac, start_ms, end_ms, y_frac=0.5):
    """Samples of a still pointer, 25 per second."""
    return [
        TracePoint(x_frac=x_frac, y_frac=y_frac, t_ms=t_ms) for t_ms in range(start_ms, end_ms, 40)
    ]


def pointer(*segments, points=(), **options):
    trace = Trace(segments=tuple(map(tuple, segments)), points=tuple(points))
    return Pointer(trace, AlignOptions(**options))


def grounding_of(pointer_path, phrase, head=None):
    """The grounding of a single phrase, with all clicks near it."""
    return pointer_path.at_phrase(phrase, pointer_path.split_at_clicks([phrase])[0], head or phrase)


def test_a_still_pointer_gives_its_point_and_full_confidence():
    found = grounding_of(pointer(rest(0.3, 0, 3000)), span(1000, 2000))
    assert (found.x_frac, found.y_frac, found.tie, found.confidence) == (0.3, 0.5, "trace", 1.0)
    assert found.box is not None
    assert found.box.contains(0.3, 0.5)


def test_the_longest_rest_counts_and_movement_does_not():
    pointer_path = pointer([*rest(0.2, 0, 1100), *rest(0.8, 1500, 3000)], gap_ms=500)
    found = grounding_of(pointer_path, span(1000, 2000))
    assert found.x_frac == 0.8
    assert found.confidence < 0.7


def test_the_point_of_a_circle_is_its_centre():
    corners = [(0.45, 0.5), (0.5, 0.45), (0.55, 0.5), (0.5, 0.55)] * 8
    circle = [
        TracePoint(x_frac=x, y_frac=y, t_ms=100 * step) for step, (x, y) in enumerate(corners)
    ]
    found = grounding_of(pointer(circle), span(1000, 2000))
    assert (found.x_frac, found.y_frac) == pytest.approx((0.5, 0.5), abs=0.03)
    assert found.box is not None
    assert found.box.contains(0.5, 0.5)
    assert 0 < found.confidence < 1


@pytest.mark.parametrize(
    "pointer_path",
    [
        pointer(),
        pointer(rest(0.3, 0, 500)),
        pointer(rest(1.2, 0, 3000)),
        pointer([TracePoint(x_frac=t / 2400, y_frac=0.5, t_ms=t) for t in range(0, 2401, 40)]),
    ],
    ids=["no trace", "no samples at that time", "outside", "always moving"],
)
def test_without_pointing_a_phrase_is_ungrounded(pointer_path):
    assert grounding_of(pointer_path, span(1000, 2000)) == UNGROUNDED


def test_a_click_overrides_the_trace():
    found = grounding_of(pointer(rest(0.3, 0, 3000), points=[click(0.9, 1500)]), span(1000, 2000))
    assert (found.x_frac, found.tie, found.confidence) == (0.9, "click", 1.0)


@pytest.mark.parametrize(
    ("t_ms", "tie", "confidence"),
    [(600, "click", 0.5), (599, "none", 0.0), (2000, "click", 1.0), (2200, "click", 0.75)],
)
def test_the_confidence_of_a_click_decreases_with_its_distance_in_time(t_ms, tie, confidence):
    found = grounding_of(pointer(points=[click(0.9, t_ms)], click_ms=400), span(1000, 2000))
    assert (found.tie, found.confidence) == (tie, confidence)


def test_of_two_clicks_the_one_nearer_to_the_head_counts():
    pointer_path = pointer(points=[click(0.1, 1000), click(0.9, 1900)])
    assert grounding_of(pointer_path, span(900, 2000), head=span(1700, 2000)).x_frac == 0.9


def test_a_click_outside_the_image_is_ignored():
    assert grounding_of(pointer(points=[click(1.01, 1500)]), span(1000, 2000)) == UNGROUNDED


def test_a_click_is_assigned_to_the_phrase_nearest_in_time():
    pointer_path = pointer(points=[click(0.1, 950), click(0.2, 1100)])
    first, second = pointer_path.split_at_clicks([span(500, 1000), span(1150, 1500)])
    assert [point.t_ms for point in first] == [950]
    assert [point.t_ms for point in second] == [1100]


def test_a_click_midway_between_two_phrases_is_assigned_to_the_later():
    first, second = pointer(points=[click(0.1, 1100)]).split_at_clicks(
        [span(0, 1000), span(1200, 1500)]
    )
    assert not first
    assert len(second) == 1


def test_the_point_of_a_word_is_that_at_its_middle():
    path = [TracePoint(x_frac=t / 1000, y_frac=0.5, t_ms=t) for t in range(0, 1001, 40)]
    found = pointer(path).at_word(span(400, 600), UNGROUNDED)
    assert (found.x_frac, found.tie) == (0.5, "trace")


def test_a_click_during_a_word_overrides_the_path():
    pointer_path = pointer(rest(0.3, 0, 1000), points=[click(0.9, 599)])
    assert pointer_path.at_word(span(400, 600), UNGROUNDED).tie == "click"
    assert pointer_path.at_word(span(600, 800), UNGROUNDED).tie == "trace"


def test_a_word_without_its_own_point_has_that_of_its_phrase():
    phrase = grounding_of(pointer(points=[click(0.9, 1500)]), span(1000, 2000))
    assert pointer().at_word(span(1000, 1200), phrase) == phrase
