"""Consent that results from several statements about one recording."""

from functools import reduce

import pytest

from annotate.model.consent import InForce, Scope, Statement, settle

EARLY, LATE, LATER = "2026-11-01T09:00:00Z", "2026-11-02T09:00:00Z", "2026-11-03T09:00:00Z"


def stated(scope: Scope, at: str | None = EARLY, statement: str | None = "v1") -> Statement:
    return Statement(scope=scope, at=at, statement=statement)


MISSING = stated("withdrawn", None, None)


def after(*statements: Statement) -> str:
    state: InForce | None = reduce(settle, statements, None)
    assert state is not None
    return state.scope


@pytest.mark.parametrize("at", [EARLY, LATE, None, "2020-01-01", "once upon a time"])
@pytest.mark.parametrize("scope", ["withdrawn", "internal", "research"])
def test_a_narrower_scope_holds_whenever_it_was_agreed_to(scope: Scope, at: str | None) -> None:
    assert after(stated("public", LATE), stated(scope, at)) == scope


def test_a_wider_scope_holds_if_it_was_agreed_to_later() -> None:
    assert after(stated("internal"), stated("public", LATE)) == "public"
    assert after(stated("withdrawn"), stated("research", LATE)) == "research"


@pytest.mark.parametrize(
    "at", [None, EARLY, "2026-10-31", "2026-11-01", "soon", "2026-11-01T22:00"]
)
def test_a_wider_scope_without_a_later_time_changes_nothing(at: str | None) -> None:
    assert after(stated("internal"), stated("public", at)) == "internal"


def test_zones_are_compared_as_moments() -> None:
    assert after(stated("internal"), stated("public", "2026-11-01T09:30:00+01:00")) == "internal"
    assert after(stated("internal"), stated("public", "2026-11-01T08:30:00-01:00")) == "public"


def test_later_means_later_than_all_that_was_said_before() -> None:
    assert after(stated("public", LATE), stated("internal"), stated("public", LATE)) == "internal"
    assert after(stated("internal", LATE), stated("internal"), stated("public", LATE)) == "internal"
    assert after(stated("public", LATE), stated("internal"), stated("public", LATER)) == "public"


def test_without_a_time_in_force_nothing_is_later() -> None:
    assert after(stated("internal", None), stated("public", LATE)) == "internal"
    assert after(stated("public"), stated("internal", None), stated("public", LATE)) == "internal"
    timed = (stated("internal", None), stated("internal", LATE), stated("public", LATER))
    assert after(*timed) == "public"
    assert after(stated("public", LATER), stated("internal", None), *timed[1:]) == "internal"


def test_a_consent_that_is_missing_and_there_again_holds_as_far_as_before() -> None:
    assert after(stated("public"), MISSING) == "withdrawn"
    assert after(stated("public"), MISSING, stated("public")) == "public"
    assert after(stated("public"), MISSING, MISSING, stated("internal", None)) == "internal"
    assert after(stated("internal"), MISSING, stated("public")) == "withdrawn"
    assert after(stated("internal"), MISSING, stated("public", LATE)) == "public"
    assert after(MISSING, stated("public", LATE)) == "withdrawn"  # the earlier scope is unknown
