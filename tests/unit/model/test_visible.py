"""Visible text, and removal of control characters."""

from __future__ import annotations

import pytest

from annotate.model.visible import has_visible, without_controls


@pytest.mark.parametrize("text", ["a", "2", "…", "猫", "قطة", "🐱", "\u200ba", "e\u0301"])
def test_letters_digits_signs_and_emoji_are_visible(text: str) -> None:
    assert has_visible(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "\u200b",
        "\u2060\ufeff",
        "\u202e\u00ad",
        "\u3164",
        "\u2800",
        "\u115f\u1160",
    ],
)
def test_whitespace_format_characters_and_fillers_are_invisible(text: str) -> None:
    assert not has_visible(text)


def test_controls_surrogates_and_noncharacters_are_removed() -> None:
    assert without_controls("a\0b\x0b\x7f\ud800\ufffe\ufdd0c\n\td") == "abc\n\td"
    visible = "قط\u200cة \u202b👩\u200d🚀\U0001fae8"
    assert without_controls(visible) == visible
