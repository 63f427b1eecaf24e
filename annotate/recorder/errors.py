"""The one way in which the recorder says no."""

from __future__ import annotations


class RequestError(Exception):
    """A request that is refused: an HTTP status, a code for programs, a sentence for people.

    Attributes:
        status: The HTTP status to answer with.
        code: A short code in snake case, the same for every request refused for this cause.
        message: One sentence that says what to do.
        retry_after_s: Whole seconds after which trying again makes sense, if that is known.
    """

    def __init__(
        self, status: int, code: str, message: str, *, retry_after_s: int | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s
