"""Languages by their codes. A new one is a module of its own and an entry here."""

from __future__ import annotations

from functools import lru_cache

from annotate.model.language import language_of
from annotate.text.base import Language
from annotate.text.el import Greek
from annotate.text.en.english import LEXICON, English
from annotate.text.tr import Turkic

_KNOWN: dict[str, type[Language]] = {"en": English, "el": Greek, "tr": Turkic, "az": Turkic}


@lru_cache(maxsize=256)
def language_for(tag: str) -> Language:
    """The language of a code or tag; an unknown one has no grammar.

    Languages without word lists of their own use the English ones: captions in them have always
    been compared with those, and other lists would change captions whose step keys stay the same.
    """
    try:
        code = language_of(tag)
    except ValueError:
        code = tag
    return _KNOWN.get(code, Language)(code, LEXICON)
