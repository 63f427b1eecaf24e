"""What several statements about one recording come to."""

from functools import reduce

import pytest

from annotate.model.consent import InForce, Scope, Statement, settle

EARLY, LATE, LATER = "2026-11-01T09:00:00Z", "2026-11-02T09:00:00Z", "2026-11-03T09:00:00Z"


def said(scope: Scope, at: str | None = EARLY, statement: str | None = "v1") -> Statement:
    return Statement(scope=scope, at=at, statement=statement)


GONE = said("withdrawn", None, None)


def after(*statements: Statement) -> str:
    state: InForce | None = reduce(settle, statements, None)
    assert state is not None
    return state.scope


@pytest.mark.parametrize("at", [EARLY, LATE, None, "2020-01-01", "once upon a time"])
@pytest.mark.parametrize("scope", ["withdrawn", "internal", "research"])
def test_a_narrower_scope_holds_whenever_it_was_agreed_to(scope: Scope, at: str | None) -> None:
    assert after(said("public", LATE), said(scope, at)) == scope


def test_a_wider_scope_holds_if_it_was_agreed_to_later() -> None:
    assert after(said("internal"), said("public", LATE)) == "public"
    assert after(said("withdrawn"), said("research", LATE)) == "research"


@pytest.mark.parametrize(
    "at", [None, EARLY, "2026-10-31", "2026-11-01", "soon", "2026-11-01T22:00"]
)
def test_a_wider_scope_without_a_later_time_changes_nothing(at: str | None) -> None:
    assert after(said("internal"), said("public", at)) == "internal"


def test_zones_are_compared_as_moments() -> None:
    assert after(said("internal"), said("public", "2026-11-01T09:30:00+01:00")) == "internal"
    assert after(said("internal"), said("public", "2026-11-01T08:30:00-01:00")) == "public"


def test_later_means_later_than_all_that_was_said_before() -> None:
    assert after(said("public", LATE), said("internal"), said("public", LATE)) == "internal"
    assert after(said("internal", LATE), said("internal"), said("public", LATE)) == "internal"
    assert after(said("public", LATE), said("internal"), said("public", LATER)) == "public"


def test_without_a_time_in_force_nothing_is_later() -> None:
    assert after(said("internal", None), said("public", LATE)) == "internal"
    assert after(said("public"), said("internal", None), said("public", LATE)) == "internal"
    timed = (said("internal", None), said("internal", LATE), said("public", LATER))
    assert after(*timed) == "public"
    assert after(said("public", LATER), said("internal", None), *timed[1:]) == "internal"


def test_a_consent_that_is_gone_and_there_again_holds_as_far_as_before() -> None:
    assert after(said("public"), GONE) == "withdrawn"
    assert after(said("public"), GONE, said("public")) == "public"
    assert after(said("public"), GONE, GONE, said("internal", None)) == "internal"
    assert after(said("internal"), GONE, said("public")) == "withdrawn"
    assert after(said("internal"), GONE, said("public", LATE)) == "public"
    assert after(GONE, said("public", LATE)) == "withdrawn"  # nobody knows what it was
