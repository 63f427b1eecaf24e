"""For any order of statements and any clocks, consent is never wider than the statements allow.

The allowed scope is computed here from all statements at once, not step by step as in the code.
"""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.ingest.consent import state_consents
from annotate.ingest.source import Item
from annotate.model.consent import MISSING, SCOPES, Scope, Statement
from annotate.model.tables import Consents, Recordings
from annotate.model.timestamps import span
from annotate.release.options import ReleaseOptions
from annotate.release.select import select
from annotate.store.lake import Lake
from annotate.store.standing import consents, stated
from tests.builders import a_consent, a_recording, frame, lake_with, rec, sha
from tests.release_builders import a_lake

DAY = datetime(2026, 11, 1, 9, tzinfo=UTC)
MOMENTS = (None, "2026-10-31", *((DAY + timedelta(days=n)).isoformat() for n in range(3)))
SOURCES, ANNOTATORS = ("test", "copy", "label-studio/host/1"), ("ann-01", "ann-02")
GIVEN = "test", "ann-01", Statement(scope="public", at=MOMENTS[2], statement="test-v1")
"""The statement in `a_lake`."""

SourceStatement = tuple[str, str, Statement]
few = settings(max_examples=15, deadline=None)


@st.composite
def statements(draw: st.DrawFn) -> SourceStatement:
    scope = draw(st.sampled_from(SCOPES))
    given_then = Statement(scope=scope, at=draw(st.sampled_from(MOMENTS)), statement="v1")
    statement = MISSING if draw(st.integers(0, 5)) == 0 else given_then
    return draw(st.sampled_from(SOURCES)), draw(st.sampled_from(ANNOTATORS)), statement


def allowed(history: list[SourceStatement]) -> Scope:
    """The widest scope that any reading of the rule allows."""
    keys = {one[:2] for one in history if not one[2].missing}
    return min((_allowed(key, history) for key in keys), key=rank)


def rank(scope: Scope) -> int:
    return SCOPES.index(scope)


def _allowed(key: tuple[str, str], history: list[SourceStatement]) -> Scope:
    """The same for one annotator in one source; MISSING applies to all annotators of a source."""
    own = [one for *by, one in history if tuple(by) == key or (one.missing and by[0] == key[0])]
    if own[-1].missing:
        return "withdrawn"
    return max((s for s in SCOPES if _is_given(own, s)), key=rank, default="withdrawn")


def _is_given(statements_made: list[Statement], scope: Scope) -> bool:
    """Whether a statement gives the scope or a wider one, is later than each narrower statement
    before it, and has no narrower statement after it."""
    agreed = [one for one in statements_made if not one.missing]
    for index, one in enumerate(agreed):
        if rank(one.scope) < rank(scope) or any(
            rank(after.scope) < rank(scope) for after in agreed[index + 1 :]
        ):
            continue
        if all(
            _is_later(one, before) for before in agreed[:index] if rank(before.scope) < rank(scope)
        ):
            return True
    return False


def _is_later(one: Statement, other: Statement) -> bool:
    moment, before = span(one.at), span(other.at)
    # A narrower statement without a time may have been given one by another of the same scope.
    return moment is not None and (before is None or moment[0] > before[1])


@dataclass
class LakeOfOneRecording:
    """A lake with one image and one recording, about which any source can make a statement."""

    lake: Lake

    def __post_init__(self) -> None:
        row = self.lake.read(Recordings).row(0, named=True)
        self.sha256, self.recording = row["sha256"], row["recording_id"]

    def item(self, stated_by: SourceStatement) -> Item:
        source, annotator, statement = stated_by
        return Item(
            source=f"{source}/a.wav",
            place=source,
            annotator_id=annotator,
            input_key="any",
            sha256=self.sha256,
            described=None,
            statement=statement,
        )

    def scope(self) -> Scope:
        found: Scope = consents(self.lake).collect()["scope"].item()
        return found


@contextmanager
def lake_of_one_recording() -> Iterator[LakeOfOneRecording]:
    with tempfile.TemporaryDirectory() as root:
        yield LakeOfOneRecording(a_lake(Path(root), 1))


@contextmanager
def any_clock(rng: random.Random) -> Iterator[None]:
    """Rows get random times between 2000 and 2050."""
    with mock.patch("annotate.store.lake.datetime") as clock:
        clock.now.side_effect = lambda zone: datetime(rng.randint(2000, 2050), 1, 1, tzinfo=zone)
        yield


@few
@given(st.lists(statements(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_scope_in_force_is_never_wider_than_allowed(
    statements_made: list[SourceStatement], rng: random.Random
) -> None:
    history = [GIVEN]
    with lake_of_one_recording() as single, any_clock(rng):
        for one in statements_made:
            before = single.scope()
            rejected = state_consents(single.lake, [single.item(one)])
            history.append(one)
            requested, found = rank(one[2].scope), rank(single.scope())
            assert found <= rank(allowed(history))
            if not one[2].missing:  # a wider scope may be rejected
                assert found <= requested or (rejected and single.scope() == before)
        scopes = rng.choice([("public",), ("public", "research", "internal")])
        released = select(single.lake, ReleaseOptions(consent_scopes=scopes)).recordings
        assert released.height == (single.scope() in scopes)


@few
@given(st.lists(statements(), min_size=1, max_size=4))
def test_a_repeated_statement_changes_nothing(statements_made: list[SourceStatement]) -> None:
    with lake_of_one_recording() as single:
        for one in statements_made:
            rejected = state_consents(single.lake, [single.item(one)])
            scope, rows = single.scope(), single.lake.counts()["consents"]
            assert state_consents(single.lake, [single.item(one)]) == rejected
            assert (single.scope(), single.lake.counts()["consents"]) == (scope, rows)


@few
@given(st.lists(statements(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_concurrent_writers_widen_nothing(
    statements_made: list[SourceStatement], rng: random.Random
) -> None:
    """Rows that are written without reading the table, as by concurrent processes."""
    own = [one for one in statements_made if not one[2].missing]
    with lake_of_one_recording() as single, any_clock(rng):
        for source, annotator, one in own:
            ids = {"recording_id": single.recording, "source": source, "annotator_id": annotator}
            row = {**ids, "scope": one.scope, "at": one.at, "statement": one.statement}
            assert single.lake.append(Consents, frame(Consents, [row])).is_empty()
        assert rank(single.scope()) <= rank(allowed([GIVEN, *own]))


@few
@given(
    st.dictionaries(st.sampled_from("abcde"), st.sampled_from("xyz")),
    st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(SCOPES)), min_size=1, max_size=8),
    st.sets(st.sampled_from("abcde"), min_size=1),
)
def test_no_copy_is_wider_than_another(
    samples: dict[str, str], statements_made: list[tuple[str, Scope]], requested: set[str]
) -> None:
    """Some recordings have the same samples, and some were never ingested."""
    rows = [a_recording(name, pcm_sha256=sha(pcm)) for name, pcm in samples.items()]
    result = [
        a_consent(name, scope, source=f"s{at}") for at, (name, scope) in enumerate(statements_made)
    ]
    expected: dict[str, Scope] = {}
    for name, _ in statements_made:
        copies = {one for one in samples if name in samples and samples[one] == samples[name]}
        scopes = [scope for one, scope in statements_made if one in copies | {name}]
        expected[rec(name)] = min(scopes, key=rank)
    with tempfile.TemporaryDirectory() as root:
        lake = lake_with(Path(root), {Consents: result} | ({Recordings: rows} if rows else {}))
        assert dict(consents(lake).collect().iter_rows()) == expected
        assert set(stated(lake).collect()["recording_id"]) == set(expected)
        only = frame_of(requested)
        found = consents(lake, only).collect()
        requested_ids = set(only["recording_id"])
        assert dict(found.iter_rows()) == {k: v for k, v in expected.items() if k in requested_ids}
        assert found["recording_id"].is_unique().all()


def frame_of(names: set[str]) -> pl.DataFrame:
    return pl.DataFrame({"recording_id": [rec(name) for name in sorted(names)]})
