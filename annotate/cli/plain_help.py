"""Value names in help texts: `N` and `PATH` instead of Python's types `<int>` and `<bool>`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer.core

_LABELS = {"bool": "", "str": "TEXT", "int": "N", "float": "X", "path": "PATH"}
"""The placeholder of a value by its type; a flag has none."""


def use_plain_help() -> None:
    """Patch Typer to show options by `_LABELS` and arguments by their names alone.

    Since about version 0.17 it shows types as in Python, without a setting for that. A version
    without the method needs no patch.
    """
    for kind in (typer.core.TyperOption, typer.core.TyperArgument):
        shown = getattr(kind, "display_type", None)
        if shown is not None:
            replaced: Any = _plain(shown, named=kind is typer.core.TyperArgument)
            kind.display_type = replaced  # type: ignore[method-assign]


def _plain(shown: Callable[..., str], *, named: bool) -> Callable[..., str]:
    def display_type(self: Any, ctx: Any) -> str:
        if named:
            return ""
        label = shown(self, ctx).strip("<>").removesuffix(" range")
        return _LABELS.get(label, label)

    return display_type
