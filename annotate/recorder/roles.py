"""Who asks, and what they are here: every identity that a request brings is looked at."""

from __future__ import annotations

from enum import Enum
from typing import Any

from django.http import HttpRequest

from annotate.recorder.errors import RequestError

REVIEWERS = "annotate reviewers"
"""The Django group whose members may listen to every recording of their organisation."""
PIPELINE = "annotate pipeline"
"""The Django group whose members' API tokens may fetch every recording of theirs."""


class Role(Enum):
    """What an account is to its active organisation; exactly one of these."""

    NOBODY = "nobody"
    """Not logged in."""
    STRANGER = "stranger"
    """Logged in, and no member, or no longer one."""
    ANNOTATOR = "annotator"
    REVIEWER = "reviewer"
    PIPELINE = "pipeline"
    OPERATOR = "operator"
    """Made the organisation, or is a superuser of the server."""


LABELLERS = (Role.ANNOTATOR, Role.REVIEWER)


def asker(request: HttpRequest) -> Any:
    """The one account in whose name a request comes; None if nobody is logged in.

    Label Studio takes a session, an access token or a legacy token, and its views don't agree on
    which counts if there are several.

    Raises:
        RequestError: 403 `two_accounts`, if a request proves to be from more than one account.
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
    """What an account is to its active organisation."""
    from organizations.models import OrganizationMember

    if user is None or not user.is_authenticated:
        return Role.NOBODY
    if user.is_superuser:
        return Role.OPERATOR
    # Label Studio puts removed people back into the first organisation, but not as a member.
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
    """Whether an account belongs to the reviewers, whatever else it is."""
    member = role_of(user) not in (Role.NOBODY, Role.STRANGER)
    return member and bool(user.groups.filter(name=REVIEWERS).exists())


def token_user(request: HttpRequest) -> Any:
    """Whose legacy token a request brings; None if it brings none that holds."""
    from jwt_auth.auth import TokenAuthenticationPhaseout
    from rest_framework.exceptions import AuthenticationFailed

    try:
        found = TokenAuthenticationPhaseout().authenticate(request)
    except AuthenticationFailed:
        return None
    return None if found is None else found[0]
