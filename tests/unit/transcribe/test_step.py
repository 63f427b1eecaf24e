"""The options that a transcript's step key depends on, and those that it must not depend on."""

import pytest

from annotate.model.errors import AnnotateError
from annotate.recognizers.options import (
    ENGINE_VERSIONS,
    SPEED_ONLY,
    ActivityOptions,
    DecodingOptions,
    TranscribeOptions,
)
from annotate.transcribe.step import Transcribe

PLAIN = Transcribe(TranscribeOptions(model="demo"))


@pytest.mark.parametrize(
    "options",
    [
        TranscribeOptions(model="demo", engine="stock"),
        TranscribeOptions(model="demo", decoding=DecodingOptions(language="de")),
        TranscribeOptions(model="demo", decoding=DecodingOptions(initial_prompt="A launch pad.")),
        TranscribeOptions(model="demo", activity=ActivityOptions(threshold=0.4)),
    ],
)
def test_options_that_affect_transcripts_change_the_step_key(options: TranscribeOptions) -> None:
    assert Transcribe(options).parameters() != PLAIN.parameters()


@pytest.mark.parametrize(
    "options",
    [
        TranscribeOptions(model="demo", device="cuda"),
        TranscribeOptions(model="demo", batch_windows=3),
        TranscribeOptions(model="demo", gpu_hour_price=2.5),
    ],
)
def test_options_that_affect_only_speed_do_not_change_the_step_key(
    options: TranscribeOptions,
) -> None:
    assert Transcribe(options).parameters() == PLAIN.parameters()


def test_a_newer_engine_changes_the_step_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = PLAIN.parameters()
    monkeypatch.setitem(ENGINE_VERSIONS, "annotate", ENGINE_VERSIONS["annotate"] + 1)
    assert PLAIN.parameters() != before


def test_every_option_is_a_parameter_or_affects_only_speed() -> None:
    options = TranscribeOptions(model="demo", alignment_heads="1:0", compute_type="float32")
    given = Transcribe(options).parameters()
    names = set(given) - {"engine_version"}
    assert names | SPEED_ONLY == set(TranscribeOptions.model_fields)


@pytest.mark.parametrize("name", ["alignment_heads", "compute_type"])
def test_an_option_that_is_not_given_is_no_parameter(name: str) -> None:
    """Lakes made before there was this option keep their step keys."""
    assert name not in PLAIN.parameters()


def test_the_price_per_hour_is_that_of_the_gpu() -> None:
    assert PLAIN.hour_price is None
    assert Transcribe(TranscribeOptions(model="demo", gpu_hour_price=2.5)).hour_price == 2.5


def test_an_unknown_language_is_an_error_before_any_work() -> None:
    step = Transcribe(TranscribeOptions(model="demo", decoding=DecodingOptions(language="xx")))
    with pytest.raises(AnnotateError, match="no language 'xx': give one of af, am, ar"):
        step.prepare()
