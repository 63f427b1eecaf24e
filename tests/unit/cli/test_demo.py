"""The option `--model` of `annotate demo`: its lake, and what is said with another model."""

import json
from pathlib import Path
from typing import Any

import pytest

from annotate import demo
from annotate.demo import DemoResult
from annotate.evaluation.grounding import Grounding
from annotate.evaluation.word_errors import Score
from annotate.release.create import Release
from annotate.settings import Settings
from tests.unit.cli.commands import run_command

EXPECTED = {"text.webm": "not_audio", "short.webm": "too_short"}


def result(**over: Any) -> DemoResult:
    release = Release(
        version="demo-1", path="/lake/releases/demo-1", content_sha256="", release_sha256=None,
        counts={}, left_out={}, reused=False,
    )  # fmt: skip
    values: dict[str, Any] = {
        "images": 9, "recordings": 25, "quarantined": EXPECTED, "expected": EXPECTED,
        "speech": Score(wer=0.126, word_time_error_ms=43.0, words=4609),
        "grounding": Grounding(phrases=305, grounded=290, share=290 / 305), "captions": 9,
        "words_per_caption": 467.0, "unsupported": 0, "unspoken": (), "model": "demo",
        "own_model": True, "release": release, "reused": False, "seconds": 1.0, "reports": (),
    }  # fmt: skip
    return DemoResult(**values | over)


class Ran:
    """Stands in for `annotate.demo.run`, and keeps the settings that it was given."""

    def __init__(self) -> None:
        self.settings: list[Settings] = []
        self.result = result()

    def __call__(self, settings: Settings, *others: Any) -> DemoResult:
        self.settings.append(settings)
        return self.result


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    one = Ran()
    monkeypatch.setattr(demo, "run", one)
    return one


@pytest.mark.parametrize(
    ("arguments", "model", "lake"),
    [
        ((), "demo", "data/lake/demo"),
        (("--model", "demo"), "demo", "data/lake/demo"),
        (("--model", "base"), "base", "data/lake/demo-base"),
        (("--model", "build/whisper-base.pt"), "build/whisper-base.pt", "data/lake/demo-base"),
        (("--model", "base", "--lake", "elsewhere"), "base", "elsewhere"),
    ],
)
def test_every_model_has_a_lake_of_its_own(
    ran: Ran, arguments: tuple[str, ...], model: str, lake: str
) -> None:
    assert run_command("demo", *arguments)[0] == 0
    (settings,) = ran.settings
    assert (settings.transcribe.model, settings.lake) == (model, lake)


def test_with_another_model_the_figures_come_with_what_they_are_worth(ran: Ran) -> None:
    ran.result = result(model="base", own_model=False)
    code, output, _ = run_command("demo", "--model", "base")
    assert code == 0
    assert "12.6% with the model 'base'" in output
    assert "The voices are synthetic" in output


def test_with_the_demos_own_model_nothing_is_added(ran: Ran) -> None:
    assert "The voices are synthetic" not in run_command("demo")[1]


UNCLEAR = {**EXPECTED, "cat-01.webm": "is_unsure"}


@pytest.mark.parametrize(
    ("over", "code", "shown"),
    [
        ({}, 0, "2 broken inputs, each for the expected reason"),
        ({"quarantined": UNCLEAR}, 1, "3 broken inputs, not all as expected"),
        ({"quarantined": UNCLEAR, "own_model": False}, 0, "3 inputs, 1 of them otherwise than"),
        ({"own_model": False, "unsupported": 1}, 1, "1 caption words that are in no transcript"),
    ],
)
def test_what_another_model_recognizes_badly_is_no_failure(
    ran: Ran, over: dict[str, Any], code: int, shown: str
) -> None:
    ran.result = result(**over)
    found, output, _ = run_command("demo")
    assert found == code
    assert shown in " ".join(output.split())


def test_the_json_names_the_model(ran: Ran) -> None:
    ran.result = result(model="base", own_model=False)
    printed = json.loads(run_command("demo", "--model", "base", "--json")[1])
    assert (printed["model"], printed["wer"]) == ("base", 0.126)


def test_an_unknown_model_is_an_error_of_one_line(tmp_path: Path) -> None:
    code, _, error = run_command("demo", "--model", "bose", "--lake", str(tmp_path / "lake"))
    assert code == 2
    assert "no model 'bose'" in error
