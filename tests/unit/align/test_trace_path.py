import pytest

from annotate.align.trace_path import Path
from annotate.model.pointer import Trace, TracePoint


def path(*segments, gap_ms=250):
    return Path(
        Trace(
            segments=tuple(
                tuple(TracePoint(x_frac=x, y_frac=y, t_ms=t) for x, y, t in segment)
                for segment in segments
            )
        ),
        gap_ms,
    )


def test_points_between_samples_are_interpolated():
    assert path([(0.2, 0.4, 100), (0.4, 0.8, 200)]).at(150) == pytest.approx((0.3, 0.6))


@pytest.mark.parametrize("t_ms", [99, 201])
def test_before_and_after_the_trace_there_is_no_point(t_ms):
    assert path([(0.2, 0.4, 100), (0.4, 0.8, 200)]).at(t_ms) is None


@pytest.mark.parametrize(("gap_ms", "has_point"), [(250, True), (251, False)])
def test_samples_far_apart_in_time_are_not_interpolated(gap_ms, has_point):
    trace = path([(0.2, 0.2, 0), (0.6, 0.6, gap_ms)])
    assert (trace.at(100) is not None) == has_point


@pytest.mark.parametrize(("t_ms", "has_point"), [(3000, True), (3001, False)])
def test_a_pointer_that_did_not_move_between_samples_has_rested(t_ms, has_point):
    trace = path([(0.2, 0.2, 0), (0.21, 0.2, t_ms)])
    assert (trace.at(1500) is not None) == has_point


def test_between_segments_there_is_no_point():
    assert (
        path([(0.2, 0.2, 0), (0.2, 0.2, 100)], [(0.2, 0.2, 140), (0.2, 0.2, 200)]).at(120) is None
    )


def test_outside_the_image_there_is_no_point():
    trace = path([(0.9, 0.5, 0), (1.1, 0.5, 100), (1.1, 0.5, 200)])
    assert trace.at(50) is None
    assert trace.at(150) is None


def test_of_two_samples_at_the_same_time_the_second_counts():
    assert path([(0.2, 0.2, 0), (0.3, 0.2, 0), (0.4, 0.2, 100)]).at(0) == (0.3, 0.2)


def test_of_overlapping_segments_the_first_counts():
    trace = path([(0.1, 0.1, 0), (0.1, 0.1, 200)], [(0.9, 0.9, 100), (0.9, 0.9, 300)])
    assert trace.at(150) == (0.1, 0.1)
    spans = [(stretch.start_ms, stretch.end_ms) for stretch in trace.within(0, 300)]
    assert spans == [(0, 200)]


def test_within_is_limited_to_the_window():
    trace = path([(0.0, 0.5, 0), (0.1, 0.5, 100), (0.2, 0.5, 200)])
    spans = [(stretch.start_ms, stretch.end_ms) for stretch in trace.within(50, 120)]
    assert spans == [(50, 100), (100, 120)]


def test_speed_is_in_image_sides_per_second():
    trace = path([(0.1 * step, 0.5, 100 * step) for step in range(9)])
    assert [stretch.speed for stretch in trace.within(0, 800)] == pytest.approx([1.0] * 8)
