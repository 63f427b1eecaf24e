"""Choice of the model; the demo's model, for synthetic voices only, is never chosen by default."""

from __future__ import annotations

import pytest

from annotate.model.errors import AnnotateError
from annotate.tryout.models import MODELS, wanted


def test_a_given_model_overrides_the_last_one() -> None:
    assert wanted("turbo", "base", interactive=False) == "turbo"
    assert wanted(None, "base", interactive=False) == "base"


def test_at_a_terminal_no_model_is_chosen_without_a_prompt() -> None:
    assert wanted(None, None, interactive=True) is None


def test_without_a_terminal_the_error_names_the_option() -> None:
    with pytest.raises(AnnotateError, match=r"synthetic voices only.*--model base .*145 MB.*demo"):
        wanted(None, None, interactive=False)


def test_the_names_are_those_of_openai_whisper() -> None:
    import whisper

    assert {model.name for model in MODELS} <= set(whisper.available_models())


def test_sizes_are_human_readable() -> None:
    assert {model.name: model.size for model in MODELS}["turbo"] == "1.6 GB"
