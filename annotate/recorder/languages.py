"""A user's choice of the interface language, stored per account and in a cookie."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from annotate.recorder.protocol import INTERFACES
from annotate.recorder.records import encode
from annotate.recorder.store import store

COOKIE = "annotate_language"
"""The cookie with the choice of a user who isn't logged in."""
_YEAR = 365 * 24 * 3600
_log = logging.getLogger(__name__)


def chosen(request: HttpRequest, user: Any) -> str | None:
    """The language chosen for the account, else in this browser; None if there is none."""
    stored = _stored(user) if user is not None else None
    found = stored or request.COOKIES.get(COOKIE)
    return found if found in INTERFACES else None


def choose(user: Any, language: str) -> None:
    """Store the choice of an account, for all its browsers."""
    store().write(_name(user), encode({"language": language}))


def adopt(request: HttpRequest, user: Any) -> None:
    """Store the choice made before the login as the account's, unless it has one."""
    language = request.COOKIES.get(COOKIE)
    if language in INTERFACES and _stored(user) is None:
        try:
            choose(user, language)
        except OSError:
            _log.exception("the choice of a language could not be stored")


def remember(response: HttpResponse, language: str) -> None:
    """Set the cookie with a choice, for pages before the login."""
    secure = bool(settings.SESSION_COOKIE_SECURE)
    response.set_cookie(
        COOKIE, language, max_age=_YEAR, httponly=True, samesite="Lax", secure=secure
    )


def _stored(user: Any) -> str | None:
    try:
        data = store().read(_name(user))
        language = json.loads(data)["language"] if data else None
    except (OSError, ValueError, KeyError, TypeError):
        # The page is shown in the default language instead of failing.
        _log.exception("the choice of a language could not be read")
        return None
    return language if language in INTERFACES else None


def _name(user: Any) -> str:
    """The file name; includes the creation time, because a new database reuses account ids."""
    what = f"language-{user.pk}-{user.date_joined.isoformat()}".encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), what, hashlib.sha256).hexdigest()[:32]
    return f"language-{digest}.json"
