"""Help that names what to type instead of Python's types: `N` and `PATH`, not `<int>`, `<bool>`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer.core

_LABELS = {"bool": "", "str": "TEXT", "int": "N", "float": "X", "path": "PATH"}
"""What stands for a value; a flag has none."""


def use_plain_help() -> None:
    """Have Typer show options by `_LABELS` and arguments by their names alone.

    Since version 0.17 or so it shows types as Python spells them, and has no setting for that.
    Where a version has no such method there is nothing to do.
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
