"""Which engine `auto` stands for: by the lake's transcripts, its record, or a measurement."""

import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from annotate.execution.planning import with_step_keys
from annotate.execution.step import Step
from annotate.model.errors import AnnotateError
from annotate.model.tables import Recordings, Transcripts
from annotate.recognizers import engines
from annotate.recognizers.options import DecodingOptions, Engine, TranscribeOptions
from annotate.store.engine_choices import record
from annotate.store.lake import Lake
from annotate.transcribe import engine_choice
from annotate.transcribe.engine_choice import Choice, choose, without_measuring
from annotate.transcribe.step import Transcribe
from tests.builders import a_recording, a_transcript, frame, lake_with

DEMO = TranscribeOptions(model="demo")


def steps(*names: Engine, options: TranscribeOptions = DEMO) -> dict[Engine, Step]:
    names = names or ("annotate", "ctranslate2")
    return {name: Transcribe(options.model_copy(update={"engine": name})) for name in names}


class Measure:
    """Chooses a given engine, and counts how often it is asked."""

    def __init__(self, engine: Engine = "ctranslate2") -> None:
        self.engine = engine
        self.asked: list[list[Engine]] = []

    def __call__(self, candidates: Sequence[Engine], recordings: pl.DataFrame) -> Choice:
        self.asked.append(list(candidates))
        return Choice(engine=self.engine, reason=f"measured with {recordings.height}")


def unasked(candidates: Sequence[Engine], recordings: pl.DataFrame) -> Choice:
    raise AssertionError("engines were measured")


def transcribe(lake: Lake, engine: Engine, *names: str) -> None:
    """Append transcripts with the step keys of an engine."""
    step = steps()[engine]
    ids = [a_recording(name)["recording_id"] for name in names]
    inputs = step.inputs(lake).filter(pl.col("recording_id").is_in(ids))
    keys = dict(with_step_keys(step, inputs).select("recording_id", "step_key").iter_rows())
    rows = [
        a_transcript("a cat.", name, step_key=keys[one])
        for name, one in zip(names, ids, strict=True)
    ]
    assert lake.append(Transcripts, frame(Transcripts, rows)).is_empty()


@pytest.fixture(autouse=True)
def _all_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "is_installed", lambda engine: True)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return lake_with(tmp_path, {Recordings: [a_recording(name) for name in "abc"]})


def test_the_measured_engine_is_taken_and_not_measured_again(lake: Lake) -> None:
    measure = Measure()
    first = choose(lake, steps(), measure)
    assert first == Choice(engine="ctranslate2", reason="measured with 3")
    assert str(first) == "engine ctranslate2: measured with 3"
    again = choose(lake, steps(), unasked)
    assert again.engine == "ctranslate2"
    assert again.reason.startswith("measured with 3; recorded 20")
    assert measure.asked == [["annotate", "ctranslate2"]]


def test_the_loser_of_a_race_takes_the_recorded_engine(lake: Lake) -> None:
    def slow(candidates: Sequence[Engine], recordings: pl.DataFrame) -> Choice:
        choose(lake, steps(), Measure("annotate"))  # another process is done first
        return Choice(engine="ctranslate2", reason="too late")

    assert choose(lake, steps(), slow).engine == "annotate"


def test_an_interrupted_measurement_leaves_nothing(lake: Lake) -> None:
    def interrupted(candidates: Sequence[Engine], recordings: pl.DataFrame) -> Choice:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        choose(lake, steps(), interrupted)
    assert choose(lake, steps(), Measure("annotate")).reason == "measured with 3"


@pytest.mark.parametrize("engine", ["annotate", "ctranslate2"])
def test_the_engine_of_the_lakes_transcripts_is_kept(lake: Lake, engine: Engine) -> None:
    transcribe(lake, engine, "a")
    choice = choose(lake, steps(), unasked)
    assert choice.engine == engine
    assert choice.reason == "the lake's transcripts by this model are made with it"


def test_transcripts_win_over_the_record(lake: Lake) -> None:
    choose(lake, steps(), Measure("annotate"))
    transcribe(lake, "ctranslate2", "a")
    assert choose(lake, steps(), unasked).engine == "ctranslate2"


def test_most_transcripts_win_then_the_newest(lake: Lake) -> None:
    transcribe(lake, "ctranslate2", "a", "b")
    transcribe(lake, "annotate", "c")
    assert choose(lake, steps(), unasked).engine == "ctranslate2"
    transcribe(lake, "annotate", "a")  # two of each, and of `a` this is the newest
    assert choose(lake, steps(), unasked).engine == "annotate"


def test_transcripts_that_others_supersede_count(lake: Lake) -> None:
    """A step appends them again instead of transcribing."""
    transcribe(lake, "ctranslate2", "a", "b")
    rows = [a_transcript("a cat.", name, step_key="of another model") for name in "ab"]
    lake.append(Transcripts, frame(Transcripts, rows))
    assert choose(lake, steps(), unasked).engine == "ctranslate2"


def test_other_settings_have_a_choice_of_their_own(lake: Lake) -> None:
    choose(lake, steps(), Measure("annotate"))
    german = DEMO.model_copy(update={"decoding": DecodingOptions(language="de")})
    assert choose(lake, steps(options=german), Measure()).engine == "ctranslate2"
    on_another_device = DEMO.model_copy(update={"device": "cuda"})
    assert choose(lake, steps(options=on_another_device), unasked).engine == "annotate"


def test_without_faster_whisper_nothing_is_measured(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "is_installed", lambda engine: engine == "annotate")
    choice = choose(lake, steps(), unasked)
    assert choice == Choice(engine="annotate", reason="faster-whisper isn't installed")
    monkeypatch.setattr(engines, "is_installed", lambda engine: True)
    assert choose(lake, steps(), unasked).engine == "annotate"  # machines with it agree


def test_the_only_possible_engine_is_taken(lake: Lake) -> None:
    assert choose(lake, steps("ctranslate2"), unasked).engine == "ctranslate2"


def test_an_empty_lake_is_decided_only_for_who_holds_the_engine(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    assert choose(lake, steps(), unasked).engine == "annotate"
    assert without_measuring(lake, steps()).reason == "nothing is measured yet"
    choose(lake, steps(), unasked, held=True)
    assert "no recordings" in without_measuring(lake, steps()).reason


def test_looking_writes_nothing(lake: Lake) -> None:
    assert without_measuring(lake, steps()).engine == "annotate"
    assert choose(lake, steps(), Measure()).engine == "ctranslate2"
    assert without_measuring(lake, steps()).engine == "ctranslate2"


def test_the_step_key_is_that_of_the_chosen_engine(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    step = Transcribe(DEMO.model_copy(update={"engine": "auto"}))
    with pytest.raises(ValueError, match="must be chosen"):
        step.parameters()
    monkeypatch.setattr(step, "_fastest", lambda lake, names, rows: Measure()(names, rows))
    step.decide(lake, measure=False)
    assert step.parameters() == steps()["annotate"].parameters()
    with caplog.at_level(logging.WARNING):
        step.decide(lake, measure=True)
    assert step.parameters() == steps()["ctranslate2"].parameters()
    assert caplog.messages == ["engine ctranslate2: measured with 3"]


def test_suitable_engines_depend_on_the_format_and_the_numbers() -> None:
    checkpoint = Transcribe(DEMO).checkpoint
    assert engines.suitable(DEMO, checkpoint) == ("annotate", "ctranslate2")
    int8 = DEMO.model_copy(update={"compute_type": "int8"})
    assert engines.suitable(int8, checkpoint) == ("ctranslate2",)


def test_the_choice_imports_no_torch() -> None:
    modules = f"{engine_choice.__name__}, {Transcribe.__module__}"
    code = f"import sys, {modules}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "False"


def test_a_recorded_engine_that_this_version_lacks_is_named(lake: Lake) -> None:
    key = engine_choice._key(steps())
    record(lake, key, "of-later-versions", "faster")
    with pytest.raises(AnnotateError, match="records the engine 'of-later-versions', which this"):
        choose(lake, steps(), unasked)
