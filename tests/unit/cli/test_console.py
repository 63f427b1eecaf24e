"""Progress bar and report of a run on a terminal of 100 columns."""

import pytest
from rich.console import Console

from annotate.cli import console as cli_console
from annotate.model.report import StepReport

HUGE = StepReport(
    step="transcribe",
    rows_in=1_300_000,
    written=1_000_000,
    reused=100_000,
    elsewhere=120_000,
    quarantined={"not_audio": 12},
    seconds=36_012.3,
    work_seconds=36_000.0,
    audio_seconds=21_234 * 3600.0,
    cost=1234.5,
)


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Console:
    wide = Console(width=100, record=True, force_terminal=True, highlight=False)
    monkeypatch.setattr(cli_console, "out", lambda: wide)
    return wide


def lines(console: Console) -> list[str]:
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_a_bar_shows_items_hours_speed_and_time_left_on_one_line(console: Console) -> None:
    bars = cli_console.step_bars(console, quiet=False)
    bar = bars.add_task("transcribe", total=None, count="", pace="")
    cli_console.show_progress(bars, bar, HUGE)
    console.print(bars.get_renderable())
    (line,) = lines(console)
    assert "1,220,012/1,300,000" in line
    assert "left" in line
    assert line.endswith("21,234.0 h of audio, 2,123 s/s")


def test_less_than_an_hour_of_audio_is_shown_in_minutes(console: Console) -> None:
    bars = cli_console.step_bars(console, quiet=False)
    bar = bars.add_task("transcribe", total=None, count="", pace="")
    done = StepReport(step="transcribe", rows_in=2, written=1, work_seconds=3, audio_seconds=90)
    cli_console.show_progress(bars, bar, done)
    console.print(bars.get_renderable())
    assert lines(console)[0].endswith("1.5 min of audio, 30 s/s")


def test_a_bar_without_a_report_shows_only_the_time(console: Console) -> None:
    bars = cli_console.step_bars(console, quiet=False)
    bars.add_task("align", total=None, count="", pace="")
    console.print(bars.get_renderable())
    assert lines(console)[0].endswith("0:00:00")


def test_the_report_of_a_large_run_fits(console: Console) -> None:
    cli_console.print_reports([HUGE, StepReport(step="align")])
    head, transcribe, align, *rest = lines(console)
    assert head.split()[-5:] == ["h", "s/s", "cost", "per", "1,000"]
    assert transcribe.split()[-5:] == ["36,012.3", "21,234.00", "2,123", "1,234.50", "1.234"]
    assert align.split() == ["align", "0", "0", "0", "0", "0.0"]
    assert any(line.startswith("elsewhere:") for line in rest)
    assert "…" not in "".join([head, transcribe, align, *rest])


def test_columns_without_values_are_omitted(console: Console) -> None:
    cli_console.print_reports([StepReport(step="review", rows_in=2, written=2)])
    head, *rest = lines(console)
    assert head.split() == ["step", "items", "written", "reused", "refused", "seconds"]
    assert len(rest) == 1


def test_recordings_of_other_workers_do_not_count_as_reused() -> None:
    from annotate.store.lake import Lake

    plain = cli_console.reports_json([StepReport(step="transcribe", elsewhere=3)], Lake("nowhere"))
    assert (plain["elsewhere"], plain["reused"]) == (3, False)
    assert cli_console.reports_json([StepReport(step="align")], Lake("nowhere"))["reused"] is True


def test_parity_is_printed_only_if_it_was_measured(console: Console) -> None:
    cli_console.print_parity()
    assert lines(console) == []
    cli_console.print_parity(
        {"recordings": 3, "words": 1364, "difference": 0.016, "word_time_ms": 10.0}
    )
    found = lines(console)
    assert found[0] == "parity    1.6% of 1,364 words differ from openai-whisper, times 10 ms apart"
    assert found[1].startswith("3 recordings")
