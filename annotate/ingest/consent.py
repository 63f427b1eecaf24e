"""Consent statements of a source, written before anything else of a recording is processed.

So a narrower consent applies at once, also for a recording whose line is invalid otherwise, whose
files are missing, or that was ingested from another source before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from annotate.ingest.source import Item
from annotate.model.consent import InForce, Statement, narrowest, rank, settle
from annotate.model.ids import digest, recording_id
from annotate.model.tables import Consents, Recordings, content_frame
from annotate.model.timestamps import span
from annotate.store.lake import Lake
from annotate.store.standing import Key, agreed

NOT_WIDENED = "consent_not_widened"
STEP_KEY = digest("consents", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated:
    """An item's statement about one recording.

    Attributes:
        by_name: Whether the item matches the recording by its name only and not by its bytes.
    """

    item: Item
    recording: str
    annotator: str
    statement: Statement
    by_name: bool

    @property
    def key(self) -> Key:
        return self.recording, self.item.place, self.annotator


def state_consents(lake: Lake, items: Sequence[Item]) -> dict[str, str]:
    """Write the consent statements of one source's items, as far as they change something.

    Returns:
        For each item whose scope is wider than the consent in force, what to do about it.
    """
    statements = _statements(lake, items)
    before = agreed(lake, _ids({one.recording for one in statements}))
    statements += _missing_of_all(statements, before)
    after, rows = dict(before), []
    chosen = {key: _narrowest(all_) for key, all_ in _by_key(statements).items()}
    for key, one in chosen.items():
        now = before.get(key) or before.get((*key[:2], None))
        if not _may_change(one, now):
            continue
        after[key] = settle(now, one.statement)
        if after[key] != now:
            after.pop((*key[:2], None), None)
            rows.append(_row(one))
    lake.add(Consents, content_frame(Consents, rows).with_columns(step_key=pl.lit(STEP_KEY)))
    return _not_widened(chosen, after, statements)


def _statements(lake: Lake, items: Sequence[Item]) -> list[_Stated]:
    """All statements about recordings, matched by their bytes and by the names of their sources."""
    known = _known(lake, items)
    named, annotators = defaultdict(list), {}
    for recording, source, annotator in known.iter_rows():
        named[source].append(recording)
        annotators[recording] = annotator
    present = {item.sha256 for item in items if item.sha256 and not item.withdrawn}
    found = []
    for item in items:
        if item.statement is None or (item.withdrawn and item.sha256 in present):
            continue
        own = recording_id(item.sha256) if item.sha256 else None
        others = [] if item.replaces and not item.withdrawn else named[item.concerns]
        for recording in dict.fromkeys([own, *others]):
            annotator = item.annotator_id if recording == own else None
            annotator = annotator or annotators.get(recording)
            if recording is None or annotator is None:
                continue
            found.append(
                _Stated(
                    item=item,
                    recording=recording,
                    annotator=annotator,
                    statement=item.statement,
                    by_name=recording != own,
                )
            )
    return found


def _missing_of_all(statements: Iterable[_Stated], before: Mapping[Key, InForce]) -> list[_Stated]:
    """Statements that withdraw every annotator's consent where a source has none any more."""
    others: dict[tuple[str, str], set[str]] = defaultdict(set)
    for recording, source, annotator in before:
        if annotator is not None:
            others[recording, source].add(annotator)
    return [
        replace(one, annotator=annotator)
        for one in statements
        if one.statement.missing
        for annotator in sorted(others[one.key[:2]] - {one.annotator})
    ]


def _known(lake: Lake, items: Sequence[Item]) -> pl.DataFrame:
    """Those of the lake's recordings that match the items by name or by bytes."""
    names = pl.Series([item.concerns for item in items], dtype=pl.String)
    ids = pl.Series([recording_id(item.sha256) for item in items if item.sha256], dtype=pl.String)
    rows = lake.current(Recordings).select("recording_id", "source", "annotator_id")
    concerned = pl.col("source").is_in(names.implode()) | pl.col("recording_id").is_in(
        ids.implode()
    )
    return rows.filter(concerned).collect()


def _ids(recordings: Iterable[str]) -> pl.DataFrame:
    return pl.DataFrame({"recording_id": sorted(recordings)}, schema={"recording_id": pl.String})


def _by_key(statements: Iterable[_Stated]) -> dict[Key, list[_Stated]]:
    found: dict[Key, list[_Stated]] = defaultdict(list)
    for one in statements:
        found[one.key].append(one)
    return found


def _narrowest(statements: Sequence[_Stated]) -> _Stated:
    """The narrowest statement; of several the latest, so that the order of lines is irrelevant."""
    scope = narrowest(one.statement.scope for one in statements)
    return max((one for one in statements if one.statement.scope == scope), key=_lateness)


def _lateness(one: _Stated) -> tuple[bool, str, str, str]:
    moment = span(one.statement.at)
    latest = moment[1].isoformat() if moment else ""
    return not one.by_name, latest, one.statement.at or "", one.statement.statement or ""


def _may_change(one: _Stated, now: InForce | None) -> bool:
    """Whether a statement may change the consent in force.

    A match by name alone never gives consent, and a consent that was never given can't be missing.
    """
    if one.by_name:
        return now is not None and rank(one.statement.scope) < rank(now.scope)
    return now is not None or not one.statement.missing


def _not_widened(
    chosen: Mapping[Key, _Stated], after: Mapping[Key, InForce], statements: Iterable[_Stated]
) -> dict[str, str]:
    """Why items are rejected whose scope is wider than the consent in force.

    It depends only on the current statements, so that a repeated run gives the same result.
    """
    others: dict[tuple[str, str], list[InForce]] = defaultdict(list)
    for (recording, source, annotator), state in after.items():
        if (recording, source, annotator) not in chosen:
            others[recording, source].append(state)
    rejected = {}
    for one in statements:
        if one.by_name or one.key not in after:
            continue
        scope = chosen[one.key].statement.scope
        for state in (after[one.key], *others[one.key[:2]]):
            if rank(scope) > rank(state.scope):
                rejected[one.item.source] = _advice(scope, one.item.place, state)
    return rejected


def _advice(scope: str, source: str, state: InForce) -> str:
    when = f" of {state.at}" if state.timed and state.at else ""
    text = f"the consent in force in {source} is {state.scope!r}{when}, narrower than {scope!r}"
    if not state.timed:
        return (
            f"{text}, and its time is unknown: give the line this scope and its "
            "'at', ingest it, and then the wider scope with a later 'at'"
        )
    return f"{text}: it is widened by a consent of the same annotator whose 'at' is later"


def _row(one: _Stated) -> dict[str, str | None]:
    recording, source, annotator = one.key
    statements = one.statement
    fields = {"scope": statements.scope, "at": statements.at, "statement": statements.statement}
    return {"recording_id": recording, "source": source, "annotator_id": annotator, **fields}
