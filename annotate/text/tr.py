"""Turkish and Azerbaijani."""

from __future__ import annotations

from annotate.text.base import Language


class Turkic(Language):
    """Turkish and Azerbaijani, as far as they differ in capitals: that of `i` has a dot."""

    def capital(self, letter: str) -> str:
        """The letter in title case."""
        return "\u0130" if letter == "i" else letter.title()
