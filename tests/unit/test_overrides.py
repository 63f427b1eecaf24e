"""One model of overrides, from which options, flow parameters and settings are derived."""

import inspect
from typing import Any

import click
import pytest
import typer.main

from annotate.cli.app import app
from annotate.overrides import DEFINED, Overrides, expanded, optional, type_of
from annotate.settings import load

VALUES = {str: "turbo", int: 3, float: 2.5}
GIVEN: dict[str, Any] = {name: VALUES[type_of(name)] for name in DEFINED} | {
    "engine": "stock",
    "device": "cpu",
    "language": "de",
    "alignment_heads": "3:1,4:2",
    "compute_type": "float32",
}


def command(name: str) -> click.Command:
    group = typer.main.get_command(app)
    found = group.get_command(click.Context(group), name)  # type: ignore[attr-defined]
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["run", "transcribe"])
def test_the_commands_that_transcribe_have_every_option(name: str) -> None:
    options = {one.name: one for one in command(name).params}
    for field, override in DEFINED.items():
        option: Any = options[field]
        assert option.opts == [override.option]
        assert getattr(option, "help", None) == override.help
        assert option.metavar == override.metavar
        assert option.min == override.minimum
        assert option.default is None


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("demo", {"lake", "model", "engine", "device", "batch_windows"}),
        ("serve", {"lake", "model", "device"}),
        ("doctor", {"lake", "model", "engine"}),
        ("try", {"model", "device", "language"}),
        ("align", {"lake"}),
    ],
)
def test_other_commands_have_some_of_the_options(name: str, fields: set[str]) -> None:
    assert {one.name for one in command(name).params} & set(DEFINED) == fields


def test_a_value_overrides_its_setting() -> None:
    settings = load(Overrides(**GIVEN))
    assert Overrides.of(settings).values() == GIVEN


@pytest.mark.parametrize("values", [{}, {"model": "", "language": None}])
def test_values_not_given_leave_the_settings_unchanged(values: dict[str, Any]) -> None:
    assert load(Overrides(**values)) == load()


def test_a_field_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(TypeError):
        load(colour="red")


def test_a_function_is_called_with_the_overrides_from_its_parameters() -> None:
    def plain(first: str, overrides: Overrides, last: int = 1) -> tuple[str, Overrides, int]:
        return first, overrides, last

    outer = expanded(("model", "batch_windows"), optional)(plain)
    assert list(inspect.signature(outer).parameters) == ["first", "model", "batch_windows", "last"]
    assert outer("a") == ("a", Overrides(), 1)
    assert outer("a", "turbo", last=2) == ("a", Overrides(model="turbo"), 2)
    assert outer.__annotations__["batch_windows"] == int | None
