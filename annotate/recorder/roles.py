"""The account and role of a request; all its credentials must belong to one account."""

from __future__ import annotations

from enum import Enum
from typing import Any

from django.http import HttpRequest

from annotate.recorder.errors import RequestError

REVIEWERS = "annotate reviewers"
"""The Django group whose members may play every recording of their organisation."""
PIPELINE = "annotate pipeline"
"""The Django group whose members' API tokens may download every recording of the organisation."""


class Role(Enum):
    """An account's role in its active organisation; exactly one of these."""

    NOBODY = "nobody"
    """Not logged in."""
    STRANGER = "stranger"
    """Logged in, but not or no longer a member."""
    ANNOTATOR = "annotator"
    REVIEWER = "reviewer"
    PIPELINE = "pipeline"
    OPERATOR = "operator"
    """Created the organisation, or is a superuser of the server."""


LABELLERS = (Role.ANNOTATOR, Role.REVIEWER)


def authenticated_user(request: HttpRequest) -> Any:
    """The account of a request; None if it isn't authenticated.

    Label Studio accepts a session, an access token or a legacy token, and its views differ in which
    takes precedence if there are several.

    Raises:
        RequestError: 403 `two_accounts`, if the credentials belong to more than one account.
    """
    found: dict[int, Any] = {}
    for user in (getattr(request, "user", None), token_user(request)):
        if user is not None and user.is_authenticated:
            found[user.pk] = user
    if len(found) > 1:
        message = "This request comes in the name of two accounts. Log out, or leave out the token."
        raise RequestError(403, "two_accounts", message)
    return next(iter(found.values()), None)


def role_of(user: Any) -> Role:
    """An account's role in its active organisation."""
    from organizations.models import OrganizationMember

    if user is None or not user.is_authenticated:
        return Role.NOBODY
    if user.is_superuser:
        return Role.OPERATOR
    # Label Studio sets the active organisation of removed users to the first one, without
    # membership.
    member = OrganizationMember.objects.filter(
        user=user, organization=user.active_organization_id, deleted_at__isnull=True
    )
    if not user.active_organization_id or not member.exists():
        return Role.STRANGER
    if user.active_organization.created_by_id == user.pk:
        return Role.OPERATOR
    groups = set(user.groups.values_list("name", flat=True))
    if PIPELINE in groups:
        return Role.PIPELINE
    return Role.REVIEWER if REVIEWERS in groups else Role.ANNOTATOR


def is_reviewer(user: Any) -> bool:
    """Whether an account is in the reviewers' group, whatever its role."""
    member = role_of(user) not in (Role.NOBODY, Role.STRANGER)
    return member and bool(user.groups.filter(name=REVIEWERS).exists())


def token_user(request: HttpRequest) -> Any:
    """The account of a request's legacy token; None if there is no valid one."""
    from jwt_auth.auth import TokenAuthenticationPhaseout
    from rest_framework.exceptions import AuthenticationFailed

    try:
        found = TokenAuthenticationPhaseout().authenticate(request)
    except AuthenticationFailed:
        return None
    return None if found is None else found[0]
