"""Creates an annotator's account through the invite link and logs in to it, without a browser."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.label_studio import secret_files
from annotate.model.errors import AnnotateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

TIMEOUT_SECONDS = 60.0
COOKIES = ("sessionid", "csrftoken")
"""The cookies of a logged-in browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account's credentials."""

    email: str
    password: str = field(repr=False)


def person(file: Path, email: str) -> Person:
    """The account in a file; generated and written to it if there is no file.

    Raises:
        AnnotateError: If the file can't be read or written.
    """
    if file.exists():
        try:
            return Person(**json.loads(file.read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise AnnotateError(
                f"{file} can't be read ({type(error).__name__}): restore it, or delete it together "
                "with its folder to start again"
            ) from error
    made = Person(email=email, password=secrets.token_urlsafe(secret_files.SECRET_BYTES))
    secret_files.write_private(file, json.dumps(asdict(made), indent=2) + "\n")
    return made


def sign_in(
    url: str, invite_path: str, account: Person, transport: httpx.BaseTransport | None = None
) -> Mapping[str, str]:
    """The cookies of a new session; the account is created first if it doesn't exist.

    Raises:
        AnnotateError: If the server can't be reached, or rejects the login and the new account.
    """
    if cookies := _log_in(url, account, transport):
        return cookies
    with _browser(url, transport) as browser:
        form = _form(browser, invite_path, account)
        if not browser.post(invite_path, data=form).has_redirect_location:
            raise AnnotateError(
                f"{url} makes no account for {account.email}: it has one with another password"
            )
    if cookies := _log_in(url, account, transport):
        return cookies
    raise AnnotateError(f"{url} rejects the password of {account.email}")


def _log_in(
    url: str, account: Person, transport: httpx.BaseTransport | None
) -> Mapping[str, str] | None:
    """The cookies of a new session; None if the account is unknown or has another password."""
    path = "/user/login/"
    with _browser(url, transport) as browser:
        form = {**_form(browser, path, account), "persist_session": "on"}
        if not browser.post(path, data=form).has_redirect_location:
            return None
        return {name: browser.cookies[name] for name in COOKIES}


def _form(browser: httpx.Client, path: str, account: Person) -> dict[str, str]:
    browser.get(path).raise_for_status()
    token = browser.cookies.get("csrftoken") or ""
    return {"csrfmiddlewaretoken": token, **asdict(account)}


@contextmanager
def _browser(url: str, transport: httpx.BaseTransport | None) -> Iterator[httpx.Client]:
    # Imported here, because httpx is needed only to send requests.
    import httpx

    try:
        with httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, transport=transport) as browser:
            yield browser
    except httpx.HTTPError as error:
        raise AnnotateError(f"Label Studio at {url} can't be reached: {error}") from error
