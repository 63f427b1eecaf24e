"""Client of the recorder add-on's HTTP endpoints that are reserved for the pipeline's account.

The recorder's record, written when a recording was uploaded, takes precedence: an annotation only
claims to belong to a recording.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from annotate.label_studio.second_look import Shown, Waiting
from annotate.model.errors import AnnotateError, RejectedError
from annotate.model.ids import sha256_hex

if TYPE_CHECKING:
    from annotate.label_studio.connection import Connection

MEDIA = "/annotate/media/"
"""Path prefix of the files that are shown to reviewers."""


class _ServerModel(BaseModel):
    """A response of the recorder: known keys must be valid, unknown keys are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Agreed(_ServerModel):
    """The annotator's consent as the server recorded it."""

    scope: Literal["public", "research", "internal"]
    statement: str = Field(min_length=1, max_length=20_000)
    at: str | None = Field(None, max_length=64)


class Prompt(_ServerModel):
    """When a guiding question was started, in milliseconds from the recording's start."""

    question: str = Field(max_length=64)
    t_ms: int = Field(ge=0, lt=2**63)


class Record(_ServerModel):
    """The server's record of one recording.

    Attributes:
        user: The account that was logged in when the audio was uploaded.
        withdrawn: Whether the recording was withdrawn on the server.
    """

    recording: str = Field(pattern=r"^[0-9a-f]{32}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    user: int
    project: int
    task: int
    consent: Agreed
    language: str | None = Field(None, pattern=r"^[a-z]{2,3}$")
    client_ms: int | None = Field(None, ge=0, lt=2**63)
    prompts: tuple[Prompt, ...] = Field((), max_length=1000)
    recorded_at: str | None = Field(None, max_length=64)
    withdrawn: bool = False


class Recorder:
    """Client of the recorder at one server.

    Every method raises `AnnotateError` when the server can't be reached, rejects the token, or has
    a recorder older than this client. The SDK doesn't support these paths, so requests are sent
    without it.
    """

    def __init__(self, connection: Connection):
        self._at = connection

    def reviewers(self) -> frozenset[int]:
        """The ids of the accounts that may currently decide on captions."""
        response = self._get("annotate/reviewers")
        found = response.get("reviewers") if isinstance(response, dict) else None
        if not isinstance(found, list) or not all(type(one) is int for one in found):
            raise AnnotateError(f"{self._at.url} doesn't list its reviewers: {self._upgrade}")
        return frozenset(found)

    def reviewer_emails(self) -> list[str]:
        """The e-mail addresses of the reviewers; requires the operator's token."""
        response = self._get("annotate/reviewers")
        found = response.get("emails") if isinstance(response, dict) else None
        if not isinstance(found, list):
            raise AnnotateError(
                f"{self._at.url} lists its reviewers' addresses only for the operator's token"
            )
        return [str(one) for one in found]

    def set_reviewer(self, email: str, *, reviewer: bool) -> None:
        """Grant an account the right to decide on captions, or revoke it.

        Raises:
            AnnotateError: If no account has the address, or the token isn't the operator's.
        """
        try:
            self._at.send("POST", "annotate/reviewers", json={"email": email, "reviewer": reviewer})
        except AnnotateError as error:
            if _code(error) == "no_such_account":
                raise AnnotateError(
                    f"{self._at.url} has no account {email}: its owner makes one by the invite "
                    "link first (annotate studio up prints it)"
                ) from error
            raise self._explained(error) from error

    def record(self, recording: str) -> Record:
        """The server's record of a recording.

        Raises:
            RejectedError: `missing_audio`, if the server has no recording of this id;
                `invalid_row`, if the record doesn't fit the schema.
        """
        response = self._get(f"annotate/recordings/{recording}/record", "no_such_recording")
        try:
            return Record.model_validate(response)
        except ValidationError as error:
            raise _invalid(error, f"the server's record of {recording}") from error

    def waiting(self, wait_s: int = 0) -> Waiting:
        """The recordings for which open pages wait for recognized words.

        Args:
            wait_s: Seconds for which the server may delay its response while there are none.
        """
        response = self._get("annotate/looks", params={"wait": wait_s})
        try:
            return Waiting.model_validate(response)
        except ValidationError as error:
            raise AnnotateError(_invalid(error, f"{self._at.url}: second looks").detail) from error

    def shown(self, recording: str) -> Shown | None:
        """The words of a recording that were shown to its annotator; None if none were shown.

        Raises:
            RejectedError: As `record` does.
        """
        response = self._get(f"annotate/recordings/{recording}/words", "no_such_recording")
        if isinstance(response, dict) and response.get("state") != "ready":
            return None
        try:
            return Shown.model_validate(response)
        except ValidationError as error:
            raise _invalid(error, f"the server's words of {recording}") from error

    def show(self, recording: str, words: Shown) -> None:
        """Upload the words of a recording; the server keeps words that it already has."""
        data = json.dumps(words.body()).encode()
        try:
            self._at.put(f"annotate/recordings/{recording}/words", data)
        except AnnotateError as error:
            raise self._explained(error) from error

    def upload(self, data: bytes, suffix: str) -> str:
        """Store a file that only reviewers can read, unless it exists already; its path."""
        path = f"{MEDIA}{sha256_hex(data)}.{suffix}"
        try:
            if self._at.length(path.lstrip("/")) == len(data):
                return path
            response = self._at.put(path.lstrip("/"), data)
        except AnnotateError as error:
            raise self._explained(error) from error
        return str(response["path"])

    def _get(self, path: str, missing: str | None = None, **more: Any) -> Any:
        try:
            return self._at.get(path, **more)
        except AnnotateError as error:
            if missing and _code(error) == missing:
                raise RejectedError("missing_audio", f"{path}: not at the server") from error
            raise self._explained(error) from error

    def _explained(self, error: AnnotateError) -> AnnotateError:
        """The error, with advice if the recorder is missing or old or the token isn't permitted."""
        status = getattr(getattr(error.__cause__, "response", None), "status_code", None)
        code = _code(error)
        if status == 404 and code is None:
            return AnnotateError(f"no recorder, or an old one, at {self._at.url}: {self._upgrade}")
        if status == 403 or (status == 404 and code is not None):
            return AnnotateError(
                f"the recorder at {self._at.url} doesn't know this token as the pipeline's: its "
                "account must have made the organisation, or be in the group 'annotate pipeline'"
            )
        return error

    @property
    def _upgrade(self) -> str:
        return (
            "give the server this version of annotate-aloud (stop and start it with annotate "
            "studio down and up, or bring its PYTHONPATH up to date)"
        )


def _invalid(error: ValidationError, what: str) -> RejectedError:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return RejectedError("invalid_row", f"{what}: {where}: {first['msg']}")


def _code(error: AnnotateError) -> str | None:
    """The recorder's error code; None if the response isn't the recorder's."""
    response = getattr(error.__cause__, "response", None)
    try:
        body = response.json() if response is not None else None
    except ValueError:
        return None
    found = body.get("error") if isinstance(body, dict) else None
    return found if isinstance(found, str) else None
