"""Accounts of a server: a personal access token without a person, and the link that invites."""

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
    """The administrator's personal access token; made, and kept in `data`, unless one works.

    Raises:
        AnnotateError: If the server can't be reached or won't let the administrator in.
    """
    # Loaded here: only commands that speak to the server pay for it.
    import httpx

    try:
        with httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, transport=transport) as browser:
            if admin.token and _works(browser, admin.token):
                return admin.token
            _log_in(browser, admin)
            token = _make_token(browser)
    except httpx.HTTPError as error:
        raise AnnotateError(f"Label Studio at {url} can't be reached: {error}") from error
    secret_files.keep(data, secret_files.with_token(admin, token))
    return token


def access(url: str | None, token: str | None, data: Path) -> tuple[str, str]:
    """The address and token given, or else those of the server that was started here.

    Raises:
        AnnotateError: If neither is there.
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
    there = ""
    if other:
        there = f" You have one in {known_servers.described(other)}: give --data "
        there += f"{quote(str(other))}."
    raise AnnotateError(
        f"no Label Studio runs for {data.absolute()}: start one with annotate studio up, or give "
        f"--url.{there}"
    )


def invite_path(connection: Connection) -> str:
    """The path at which annotators and reviewers make an account; who has it, is invited."""
    told = connection.read_json(lambda sdk: sdk.organizations.invites.get_invite_link())
    return str(told["invite_url"])


def _carry(browser: httpx.Client) -> None:
    """Send the cookies back even if they are for TLS only.

    Behind a proxy with TLS the server marks them so, and we speak to it directly.
    """
    browser.headers["Cookie"] = "; ".join(f"{one.name}={one.value}" for one in browser.cookies.jar)


def _works(browser: httpx.Client, token: str) -> bool:
    reply = browser.post("/api/token/refresh/", json={"refresh": token})
    if reply.is_server_error:
        reply.raise_for_status()
    return reply.is_success


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
    # Over TLS Django wants to see where a form comes from.
    reply = browser.post("/user/login/", data=form, headers={"Referer": str(page.url)})
    if not reply.has_redirect_location:
        raise AnnotateError(
            f"{browser.base_url} refuses the password of {admin.email} in "
            f"{secret_files.ADMIN_FILE}: put the one in use there"
        )


def _make_token(browser: httpx.Client) -> str:
    _carry(browser)
    headers = {
        "X-CSRFToken": browser.cookies.get("csrftoken") or "",
        "Referer": str(browser.base_url),
    }
    reply = browser.post("/api/token/", headers=headers)
    # The whole token is told once, when it is made: one that isn't kept here is lost.
    if reply.status_code == 409:
        raise AnnotateError(
            f"the administrator has a token that {secret_files.ADMIN_FILE} doesn't know: "
            f"revoke it at {browser.base_url}/user/account, then run the same command again"
        )
    reply.raise_for_status()
    return str(reply.json()["token"])
