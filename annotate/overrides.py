"""Overrides of settings for one run: one field each, from which options and parameters follow.

The command line's options, the Prefect flow's parameters and the settings' overrides are all made
from the fields of `Overrides`. A new option is a new field here and a setting that it names.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import wraps
from typing import Any, TypeVar, get_args, get_type_hints

R = TypeVar("R")

_PARAMETER = "overrides"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """How one setting is overridden.

    Attributes:
        option: The option on the command line.
        setting: The setting's path, with dots between the sections.
        help: One line about the value. The command line shows it, and Prefect's interface.
        metavar: What the option's value looks like.
        minimum: The least value, if it is a number with a bound.
    """

    option: str
    setting: str
    help: str
    metavar: str
    minimum: float | None = None


def _override(
    option: str, setting: str, metavar: str, help: str, minimum: float | None = None
) -> Any:
    one = Override(option=option, setting=setting, help=help, metavar=metavar, minimum=minimum)
    return field(default=None, metadata={_PARAMETER: one})


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """Values that win over the environment and the settings file; None leaves a setting as it is.

    `Settings` checks their types and bounds.
    """

    lake: str | None = _override(
        "--lake", "lake", "PATH|URL", "The lake. [default: data/lake, or settings]"
    )
    model: str | None = _override(
        "--model",
        "transcribe.model",
        "NAME|PATH",
        "demo (offline, synthetic voices only), tiny.en, turbo, …, a .pt file or ./FOLDER.",
    )
    engine: str | None = _override(
        "--engine",
        "transcribe.engine",
        "annotate|stock|ctranslate2|auto",
        "annotate batches over recordings; stock is openai-whisper, ctranslate2 faster-whisper; "
        "auto takes the fastest here.",
    )
    device: str | None = _override(
        "--device", "transcribe.device", "auto|cpu|cuda", "Where to transcribe."
    )
    language: str | None = _override(
        "--language",
        "transcribe.decoding.language",
        "CODE",
        "What is spoken, such as en or en-US. [default: the recording's own, or detected]",
    )
    initial_prompt: str | None = _override(
        "--initial-prompt",
        "transcribe.decoding.initial_prompt",
        "TEXT",
        "Words to expect, as a sentence: the project's names and terms.",
    )
    alignment_heads: str | None = _override(
        "--alignment-heads",
        "transcribe.alignment_heads",
        "LAYER:HEAD,...",
        "The attention heads for word times. [default: the model's]",
    )
    batch_windows: int | None = _override(
        "--batch",
        "transcribe.batch_windows",
        "N",
        "Windows of speech at once; changes the speed alone. [default: what fits]",
        minimum=1,
    )
    compute_type: str | None = _override(
        "--compute-type",
        "transcribe.compute_type",
        "float32|float16|bfloat16|int8",
        "Number format of matrix products. [default: by engine, processor and device]",
    )
    memory_gb: float | None = _override(
        "--memory-gb",
        "transcribe.memory_gb",
        "X",
        "Memory on a CPU for everything but the model's weights. [default: 2]",
        minimum=0.1,
    )
    gpu_hour_price: float | None = _override(
        "--gpu-hour-price",
        "transcribe.gpu_hour_price",
        "X",
        "What an hour of the device costs; the report then contains the cost of the work.",
        minimum=0,
    )

    @classmethod
    def of(cls, settings: object) -> Overrides:
        """The values that settings have, to be passed on to another process."""
        found: dict[str, Any] = {}
        for name, one in DEFINED.items():
            value: Any = settings
            for part in one.setting.split("."):
                value = getattr(value, part)
            found[name] = value
        return cls(**found)

    def values(self) -> dict[str, Any]:
        """The given values by field; an empty text counts as not given."""
        all_of_them = {name: getattr(self, name) for name in DEFINED}
        return {name: value for name, value in all_of_them.items() if value not in (None, "")}

    def as_settings(self) -> dict[str, Any]:
        """The given values as nested keyword arguments of `Settings`."""
        nested: dict[str, Any] = {}
        for name, value in self.values().items():
            *sections, last = DEFINED[name].setting.split(".")
            section = nested
            for part in sections:
                section = section.setdefault(part, {})
            section[last] = value
        return nested

    def with_values(self, given: Mapping[str, Any]) -> Overrides:
        """These with other values in some fields.

        Raises:
            TypeError: If there is no field of a name.
        """
        return replace(self, **given)


DEFINED: Mapping[str, Override] = {one.name: one.metadata[_PARAMETER] for one in fields(Overrides)}
"""Every override by its field's name."""


def type_of(name: str) -> type:
    """The type of an override's values, without None."""
    hint = get_type_hints(Overrides)[name]
    kind: type
    (kind,) = (one for one in get_args(hint) if one is not type(None))
    return kind


def expanded(
    names: tuple[str, ...], annotation: Callable[[str], Any]
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a function one parameter for each override in place of its parameter `overrides`.

    The signature is what typer and Prefect read: names, defaults and annotations.

    Args:
        names: Which overrides, in order.
        annotation: The annotation of a parameter, by the override's name.
    """

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        signature = inspect.signature(function, eval_str=True)
        parameters = [
            two
            for one in signature.parameters.values()
            for two in (_each(one, names, annotation) if one.name == _PARAMETER else [one])
        ]
        outer = signature.replace(parameters=parameters)

        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> R:
            bound = outer.bind(*args, **kwargs)
            bound.apply_defaults()
            given = dict(bound.arguments)
            overrides = Overrides(**{name: given.pop(name) for name in names})
            return function(**given, overrides=overrides)

        del wrapper.__wrapped__  # its signature is another
        wrapper.__signature__ = outer  # type: ignore[attr-defined]
        wrapper.__annotations__ = {
            one.name: one.annotation for one in parameters if one.annotation is not one.empty
        }
        return wrapper

    return decorate


def _each(
    parameter: inspect.Parameter, names: tuple[str, ...], annotation: Callable[[str], Any]
) -> list[inspect.Parameter]:
    """A parameter for each override, in place of the one for all."""
    return [
        parameter.replace(name=name, default=None, annotation=annotation(name)) for name in names
    ]


def optional(name: str) -> Any:
    """The annotation of an override's plain parameter, such as `int | None`."""
    return type_of(name) | None
