"""A server's accounts: the administrator's access token, and the invite link."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from annotate.label_studio import secret_files
from annotate.model.errors import AnnotateError
from annotate.studio_server import known_servers, launch

if TYPE_CHECKING:
    import httpx

    from annotate.label_studio.connection import Connection

TIMEOUT_SECONDS = 60.0


def token_for(
    url: str,
    data: Path,
    admin: secret_files.Administrator,
    transport: httpx.BaseTransport | None = None,
) -> str:
    """The administrator's personal access token; created and stored in `data` unless one is valid.

    Raises:
        AnnotateError: If the server can't be reached or rejects the administrator's password.
    """
    # Imported here, because httpx is needed only to send requests.
    import httpx

    try:
        with httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, transport=transport) as browser:
            if admin.token and _works(browser, admin.token):
                return admin.token
            _log_in(browser, admin)
            token = _make_token(browser)
    except httpx.HTTPError as error:
        raise AnnotateError(f"Label Studio at {url} can't be reached: {error}") from error
    secret_files.save(data, secret_files.with_token(admin, token))
    return token


def access(url: str | None, token: str | None, data: Path) -> tuple[str, str]:
    """The given URL and token, or those of the server that was started in `data`.

    Raises:
        AnnotateError: If there are neither.
    """
    server = launch.find(data)
    if server and not token and url in (None, server.url, server.local_url):
        return server.local_url, secret_files.read_secret(data / secret_files.TOKEN_FILE)
    if url and token:
        return url, token
    if url:
        raise AnnotateError(
            f"no token for {url}: give --token-file or ANNOTATE_LABEL_STUDIO__TOKEN"
        )
    other = known_servers.elsewhere(data)
    hint = ""
    if other:
        hint = f" You have one in {known_servers.described(other)}: give --data "
        hint += f"{quote(str(other))}."
    raise AnnotateError(
        f"no Label Studio runs for {data.absolute()}: start one with annotate studio up, or give "
        f"--url.{hint}"
    )


def invite_path(connection: Connection) -> str:
    """The secret path at which annotators and reviewers create their accounts."""
    response = connection.read_json(lambda sdk: sdk.organizations.invites.get_invite_link())
    return str(response["invite_url"])


def _carry(browser: httpx.Client) -> None:
    """Send the cookies back even if they are marked as secure.

    Behind a TLS proxy the server marks its cookies as secure, but requests here bypass the proxy.
    """
    browser.headers["Cookie"] = "; ".join(f"{one.name}={one.value}" for one in browser.cookies.jar)


def _works(browser: httpx.Client, token: str) -> bool:
    response = browser.post("/api/token/refresh/", json={"refresh": token})
    if response.is_server_error:
        response.raise_for_status()
    return response.is_success


def _log_in(browser: httpx.Client, admin: secret_files.Administrator) -> None:
    page = browser.get("/user/login/")
    page.raise_for_status()
    form = {
        "csrfmiddlewaretoken": browser.cookies.get("csrftoken") or "",
        "email": admin.email,
        "password": admin.password,
        "persist_session": "on",
    }
    _carry(browser)
    # Over TLS Django's CSRF check requires the Referer header.
    response = browser.post("/user/login/", data=form, headers={"Referer": str(page.url)})
    if not response.has_redirect_location:
        raise AnnotateError(
            f"{browser.base_url} rejects the password of {admin.email} in "
            f"{secret_files.ADMIN_FILE}: put the one in use there"
        )


def _make_token(browser: httpx.Client) -> str:
    _carry(browser)
    headers = {
        "X-CSRFToken": browser.cookies.get("csrftoken") or "",
        "Referer": str(browser.base_url),
    }
    response = browser.post("/api/token/", headers=headers)
    # The server returns the whole token only once, when it is created. A lost one must be revoked.
    if response.status_code == 409:
        raise AnnotateError(
            f"the administrator has a token that isn't in {secret_files.ADMIN_FILE}: "
            f"revoke it at {browser.base_url}/user/account, then run the same command again"
        )
    response.raise_for_status()
    return str(response.json()["token"])
