"""Step reports: addition, rates of work, and JSON round trip."""

import pytest

from annotate.model.report import StepReport


def a_report(**over: object) -> StepReport:
    numbers = {"rows_in": 4, "written": 2, "seconds": 30.0, "work_seconds": 10.0}
    return StepReport(step="transcribe", **{**numbers, "audio_seconds": 1000.0, **over})  # type: ignore[arg-type]


def test_the_speed_excludes_planning_and_loading() -> None:
    assert a_report().audio_per_second == 100.0
    assert a_report(seconds=300.0).audio_per_second == 100.0


@pytest.mark.parametrize("field", ["audio_seconds", "work_seconds"])
def test_without_audio_or_work_there_is_no_speed(field: str) -> None:
    assert a_report(**{field: 0.0}).audio_per_second is None


def test_the_cost_per_1000_is_that_of_written_items() -> None:
    assert a_report(cost=0.5).cost_per_1000 == 250.0
    assert a_report(cost=0.5, written=0).cost_per_1000 is None
    assert a_report().cost_per_1000 is None


def test_reports_are_summed() -> None:
    total = a_report(cost=0.5, elsewhere=1) + a_report(cost=0.25, quarantined={"torn": 1})
    assert (total.written, total.elsewhere, total.quarantined) == (4, 1, {"torn": 1})
    assert (total.work_seconds, total.audio_per_second, total.cost) == (20.0, 100.0, 0.75)
    assert total.settled == 6
    assert (a_report() + a_report()).cost is None


def test_a_report_is_read_back_from_json() -> None:
    report = a_report(cost=0.5, elsewhere=1, reused=1, quarantined={"torn": 1})
    plain = report.to_json()
    assert StepReport.from_json(plain) == report
    assert (plain["audio_per_second"], plain["cost_per_1000"]) == (100.0, 250.0)
    assert plain["audio_hours"] == 0.2778
