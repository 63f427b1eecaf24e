"""Greek: the semicolon as a question mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from annotate.text.base import Language
from annotate.text.tokens import Token


class Greek(Language):
    """Greek, as far as it differs in punctuation: a semicolon ends a question."""

    def read_marks(self, tokens: Sequence[Token]) -> list[Token]:
        """The tokens with question marks for semicolons."""
        return [replace(token, mark="?") if token.mark == ";" else token for token in tokens]
