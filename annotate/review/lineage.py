"""The lineage of an edited caption: unchanged words keep theirs.

Texts are compared in *units*: words between blanks or, where a text is in a script without blanks
between words, its characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rapidfuzz.distance import LCSseq

from annotate.model.tables import LINEAGE
from annotate.text.normalization import normalize

_WORD = re.compile(r"\S+")
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff"  # Thai, Lao, Burmese
    "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # ideographs
)
_UNSPACED_CHAR = re.compile(f"[{_UNSPACED}]")
_PART = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")

Unit = tuple[int, int]
"""Where a unit begins and ends in its text."""


def reattach(text: str, lineage: Sequence[Mapping[str, Any]], edited: str) -> list[dict[str, Any]]:
    """The lineage of `edited`, one entry a word, in order.

    A word counts as unchanged if it is the same but for case and punctuation, and if it is part of
    the longest common subsequence of units. Every other word is the reviewer's own; without blanks,
    the text between unchanged words counts as one.

    Args:
        text: The caption as it was shown.
        lineage: Its lineage.
    """
    apart = _is_unspaced(text)
    before = [
        (index, text[entry["start_char"] : entry["end_char"]][start:end])
        for index, entry in enumerate(lineage)
        for start, end in _units(text[entry["start_char"] : entry["end_char"]], apart)
    ]
    units = _units(edited, apart)
    unchanged = _unchanged(
        [unit for unit, _ in before], _same(before, [edited[a:b] for a, b in units])
    )
    result: list[dict[str, Any]] = []
    at = 0
    while at < len(units):
        entry, count = unchanged.get(at, (None, 1))
        span = (units[at][0], units[at + count - 1][1])
        at += count
        if entry is not None:
            result.append({**lineage[entry], "start_char": span[0], "end_char": span[1]})
        elif apart and result and _goes_on(result[-1], span):
            result[-1]["end_char"] = span[1]
        else:
            result.append(_entry(span))
    return result


def changed_frac(before: str, after: str) -> float:
    """The fraction of units, of both texts together, that the other lacks: from 0 to 1."""
    apart = _is_unspaced(before) or _is_unspaced(after)
    ours, theirs = (
        [_key(text[start:end]) for start, end in _units(text, apart)] for text in (before, after)
    )
    total = len(ours) + len(theirs)
    return 1 - 2 * LCSseq.similarity(ours, theirs) / total if total else 0.0


def _same(before: list[tuple[int, str]], after: list[str]) -> dict[int, int]:
    """For each unit of the original text, the equal unit of the edited one, where there is one."""
    blocks = LCSseq.opcodes([_key(text) for _, text in before], [_key(text) for text in after])
    return {
        block.src_start + step: block.dest_start + step
        for block in blocks
        if block.tag == "equal"
        for step in range(block.src_end - block.src_start)
    }


def _unchanged(entries: list[int], same: Mapping[int, int]) -> dict[int, tuple[int | None, int]]:
    """The entries whose units are all unchanged and adjacent: by first unit, with their number.

    Args:
        entries: For each unit of the original text the entry of the lineage that it belongs to.
    """
    members: dict[int, list[int]] = {}
    for unit, entry in enumerate(entries):
        members.setdefault(entry, []).append(unit)
    unchanged: dict[int, tuple[int | None, int]] = {}
    for entry, units in members.items():
        first = same.get(units[0])
        if first is not None and all(
            same.get(unit) == first + step for step, unit in enumerate(units)
        ):
            unchanged[first] = (entry, len(units))
    return unchanged


def _units(text: str, apart: bool) -> list[Unit]:
    """The units of a text. Signs belong to the unit beside which they are written."""
    if not apart:
        return [match.span() for match in _WORD.finditer(text)]
    units: list[Unit] = []
    bare = False  # whether the last unit is signs only, which the next one takes over
    for match in _PART.finditer(text):
        start, end = match.span()
        touches = bool(units) and units[-1][1] == start
        signs = not any(char.isalnum() for char in match[0])
        if touches and (signs or bare):
            units[-1] = (units[-1][0], end)
            bare = bare and signs
        else:
            units.append((start, end))
            bare = signs
    return units


def _is_unspaced(text: str) -> bool:
    return _UNSPACED_CHAR.search(text) is not None


def _goes_on(entry: Mapping[str, Any], span: Unit) -> bool:
    return (entry["kind"], entry["end_char"]) == ("edited", span[0])


def _entry(span: Unit) -> dict[str, Any]:
    unknown: dict[str, Any] = dict.fromkeys(LINEAGE)
    return {**unknown, "start_char": span[0], "end_char": span[1], "kind": "edited"}


def _key(word: str) -> str:
    """The word in the normal form of the faithfulness check; a mark alone unchanged."""
    return normalize(word) or word
