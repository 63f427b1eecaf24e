"""The exception for rejected requests."""

from __future__ import annotations


class RequestError(Exception):
    """A rejected request: an HTTP status, a code for programs, a sentence for people.

    Attributes:
        status: The HTTP status of the response.
        code: A short code in snake case, the same for every request rejected for this cause.
        message: One sentence with advice for the user.
        retry_after_s: Whole seconds after which a retry may succeed, if known.
    """

    def __init__(
        self, status: int, code: str, message: str, *, retry_after_s: int | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s
