"""Properties of pointer paths that are thinned for reviewers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotate.review.paths import TOLERANCE_FRAC, thinned


@given(
    st.lists(st.tuples(st.integers(0, 400), st.floats(-0.2, 1.2), st.floats(-0.2, 1.2)), min_size=1)
)
def test_a_thinned_path_stays_within_the_tolerance(
    raw: list[tuple[int, float, float]],
) -> None:
    moves = sorted(raw, key=lambda one: one[0])
    path = [dict(zip(("t_ms", "x_frac", "y_frac"), one, strict=True)) for one in moves]
    thin = thinned(path)
    assert set(thin) <= set(moves)
    assert (thin[0], thin[-1]) == (moves[0], moves[-1])
    times = [one[0] for one in thin]
    if len(set(one[0] for one in moves)) < len(moves):
        return  # two positions at one time cannot be interpolated
    for t_ms, x_frac, y_frac in moves:
        for axis, value in ((1, x_frac), (2, y_frac)):
            interpolated = np.interp(t_ms, times, [one[axis] for one in thin])
            assert abs(interpolated - value) <= TOLERANCE_FRAC + 1e-9
