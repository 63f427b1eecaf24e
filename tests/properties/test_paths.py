"""Properties of any pointer path that is thinned for reviewers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotate.review.paths import TOLERANCE_FRAC, thinned


@given(
    st.lists(st.tuples(st.integers(0, 400), st.floats(-0.2, 1.2), st.floats(-0.2, 1.2)), min_size=1)
)
def test_a_thinned_path_is_nowhere_far_from_the_pointer(
    raw: list[tuple[int, float, float]],
) -> None:
    moves = sorted(raw, key=lambda one: one[0])
    path = [dict(zip(("t_ms", "x_frac", "y_frac"), one, strict=True)) for one in moves]
    thin = thinned(path)
    assert set(thin) <= set(moves)
    assert (thin[0], thin[-1]) == (moves[0], moves[-1])
    times = [one[0] for one in thin]
    if len(set(one[0] for one in moves)) < len(moves):
        return  # at one moment the pointer has one place only
    for t_ms, x_frac, y_frac in moves:
        for axis, value in ((1, x_frac), (2, y_frac)):
            there = np.interp(t_ms, times, [one[axis] for one in thin])
            assert abs(there - value) <= TOLERANCE_FRAC + 1e-9
