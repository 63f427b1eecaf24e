"""Prefetching preserves order, stays within its limit, and passes errors on."""

from collections.abc import Iterator

import pytest

from annotate.transcribe.prefetch import prefetch


def test_results_come_in_order() -> None:
    assert list(prefetch(lambda n: n * n, range(50), threads=4, ahead=5)) == [
        n * n for n in range(50)
    ]


def test_no_more_than_the_limit_is_prepared_ahead() -> None:
    drawn: list[int] = []

    def source() -> Iterator[int]:
        for number in range(100):
            drawn.append(number)
            yield number

    ready = prefetch(lambda n: n, source(), threads=2, ahead=8)
    assert next(ready) == 0
    assert len(drawn) == 9
    ready.close()  # type: ignore[attr-defined]


def test_an_error_is_raised_in_place_of_its_item() -> None:
    def invert(number: int) -> float:
        return 1 / number

    ready = prefetch(invert, [2, 0, 1], threads=2, ahead=3)
    assert next(ready) == 0.5
    with pytest.raises(ZeroDivisionError):
        next(ready)
