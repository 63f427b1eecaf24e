"""A connection to Label Studio, and what can be wrong with it."""

from __future__ import annotations

from typing import Any

from annotate.model.errors import AnnotateError


def account(url: str, token: str) -> str:
    """The e-mail address of the account that the token belongs to.

    Raises:
        AnnotateError: If the server can't be reached or refuses the token.
    """
    # The SDK takes over a second to import: only commands that speak to the server pay for it.
    import httpx
    from label_studio_sdk.client import LabelStudio
    from label_studio_sdk.core.api_error import ApiError

    try:
        connection: Any = LabelStudio(base_url=url, api_key=token)  # type: ignore[no-untyped-call]
        return str(connection.users.whoami().email)
    except ApiError as error:
        raise AnnotateError(
            f"Label Studio at {url} refuses the token (HTTP {error.status_code}): make a new one "
            "under Account & Settings"
        ) from error
    except httpx.HTTPError as error:
        raise AnnotateError(f"Label Studio at {url} can't be reached: {error}") from error
