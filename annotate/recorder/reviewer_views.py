"""Endpoint for the list of reviewers: read by the pipeline, changed by the operator."""

from __future__ import annotations

from json import loads
from typing import Any

from django.http import HttpRequest, HttpResponse

from annotate.recorder import access
from annotate.recorder.errors import RequestError
from annotate.recorder.file_response import send_json
from annotate.recorder.roles import REVIEWERS, Role, role_of


def reviewers(request: HttpRequest) -> HttpResponse:
    """The reviewers' accounts; POST adds or removes one."""
    user = access.pipeline(request)
    if request.method == "POST":
        _change(request, user)
    found = _members(user.active_organization_id).filter(user__groups__name=REVIEWERS)
    accounts = dict(found.values_list("user_id", "user__email"))
    body: dict[str, Any] = {
        "organization": user.active_organization_id,
        "reviewers": sorted(accounts),
    }
    if role_of(user) is Role.OPERATOR:
        body["emails"] = sorted(accounts.values())
    return send_json(body)


def _change(request: HttpRequest, user: Any) -> None:
    """Add an account to the group, or remove it.

    Raises:
        RequestError: 404 `not_found` for all but the operator; 400 `bad_body`; 404
            `no_such_account`.
    """
    from django.contrib.auth.models import Group

    if role_of(user) is not Role.OPERATOR:
        raise RequestError(404, "not_found", "There is nothing here.")
    try:
        body = loads(request.body.decode("utf-8"))
    except ValueError:
        body = None
    email = body.get("email") if isinstance(body, dict) else None
    reviewer = body.get("reviewer") if isinstance(body, dict) else None
    if not isinstance(email, str) or not isinstance(reviewer, bool):
        raise RequestError(
            400, "bad_body", "Give an e-mail address, and whether it is a reviewer's."
        )
    member = _members(user.active_organization_id).filter(user__email__iexact=email).first()
    if member is None:
        message = "No account has this address: its owner makes one by the invite link first."
        raise RequestError(404, "no_such_account", message)
    group, _ = Group.objects.get_or_create(name=REVIEWERS)
    if reviewer:
        member.user.groups.add(group)
    else:
        member.user.groups.remove(group)


def _members(organization: int | None) -> Any:
    """The organisation's members whose accounts are active."""
    from organizations.models import OrganizationMember

    return OrganizationMember.objects.filter(
        organization_id=organization, deleted_at__isnull=True, user__is_active=True
    )
