"""Which model is taken, and that nobody is left with one that doesn't know their voice."""

from __future__ import annotations

import pytest

from annotate.model.errors import AnnotateError
from annotate.tryout.models import MODELS, wanted


def test_what_is_given_wins_over_the_last_time() -> None:
    assert wanted("turbo", "base", interactive=False) == "turbo"
    assert wanted(None, "base", interactive=False) == "base"


def test_somebody_at_a_terminal_is_asked() -> None:
    assert wanted(None, None, interactive=True) is None


def test_without_a_terminal_it_says_what_to_give() -> None:
    with pytest.raises(AnnotateError, match=r"synthetic voices only.*--model base .*145 MB.*demo"):
        wanted(None, None, interactive=False)


def test_the_names_are_openai_whisper_s() -> None:
    import whisper

    assert {model.name for model in MODELS} <= set(whisper.available_models())


def test_sizes_are_for_people() -> None:
    assert {model.name: model.size for model in MODELS}["turbo"] == "1.6 GB"
