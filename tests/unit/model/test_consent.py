"""Consent that results from several statements about one recording."""

from functools import reduce

import pytest

from annotate.model.consent import InForce, Scope, Statement, settle

EARLY, LATE, LATER = "2026-11-01T09:00:00Z", "2026-11-02T09:00:00Z", "2026-11-03T09:00:00Z"


def stated(scope: Scope, at: str | None = EARLY, statement: str | None = "v1") -> Statement:
    return Statement(scope=scope, at=at, statement=statement)


MISSING = stated("withdrawn", None, None)


def scope_after(*statements: Statement) -> str:
    state: InForce | None = reduce(settle, statements, None)
    assert state is not None
    return state.scope


@pytest.mark.parametrize("at", [EARLY, LATE, None, "2020-01-01", "once upon a time"])
@pytest.mark.parametrize("scope", ["withdrawn", "internal", "research"])
def test_a_narrower_scope_applies_whatever_its_time(scope: Scope, at: str | None) -> None:
    assert scope_after(stated("public", LATE), stated(scope, at)) == scope


def test_a_wider_scope_applies_if_it_is_later() -> None:
    assert scope_after(stated("internal"), stated("public", LATE)) == "public"
    assert scope_after(stated("withdrawn"), stated("research", LATE)) == "research"


@pytest.mark.parametrize(
    "at", [None, EARLY, "2026-10-31", "2026-11-01", "soon", "2026-11-01T22:00"]
)
def test_a_wider_scope_without_a_later_time_changes_nothing(at: str | None) -> None:
    assert scope_after(stated("internal"), stated("public", at)) == "internal"


def test_times_are_compared_across_time_zones() -> None:
    assert (
        scope_after(stated("internal"), stated("public", "2026-11-01T09:30:00+01:00")) == "internal"
    )
    assert (
        scope_after(stated("internal"), stated("public", "2026-11-01T08:30:00-01:00")) == "public"
    )


def test_a_wider_scope_must_be_later_than_all_earlier_statements() -> None:
    assert (
        scope_after(stated("public", LATE), stated("internal"), stated("public", LATE))
        == "internal"
    )
    assert (
        scope_after(stated("internal", LATE), stated("internal"), stated("public", LATE))
        == "internal"
    )
    assert (
        scope_after(stated("public", LATE), stated("internal"), stated("public", LATER)) == "public"
    )


def test_no_statement_is_later_than_one_without_a_time() -> None:
    assert scope_after(stated("internal", None), stated("public", LATE)) == "internal"
    assert (
        scope_after(stated("public"), stated("internal", None), stated("public", LATE))
        == "internal"
    )
    timed = (stated("internal", None), stated("internal", LATE), stated("public", LATER))
    assert scope_after(*timed) == "public"
    assert scope_after(stated("public", LATER), stated("internal", None), *timed[1:]) == "internal"


def test_a_restored_consent_applies_up_to_its_earlier_scope() -> None:
    assert scope_after(stated("public"), MISSING) == "withdrawn"
    assert scope_after(stated("public"), MISSING, stated("public")) == "public"
    assert scope_after(stated("public"), MISSING, MISSING, stated("internal", None)) == "internal"
    assert scope_after(stated("internal"), MISSING, stated("public")) == "withdrawn"
    assert scope_after(stated("internal"), MISSING, stated("public", LATE)) == "public"
    assert (
        scope_after(MISSING, stated("public", LATE)) == "withdrawn"
    )  # the earlier scope is unknown
