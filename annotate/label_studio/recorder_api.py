"""The recorder's own addresses on a server, those that only the pipeline's account may ask.

What the recorder wrote down when a sound arrived is what holds; an annotation only claims to
belong to it.
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
"""Where the files lie that reviewers are shown."""


class _ServerModel(BaseModel):
    """What the recorder says, of which the keys that we know must be right."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Agreed(_ServerModel):
    """What the annotator agreed to, as the server wrote it down."""

    scope: Literal["public", "research", "internal"]
    statement: str = Field(min_length=1, max_length=20_000)
    at: str | None = Field(None, max_length=64)


class Prompt(_ServerModel):
    """When a guiding question was taken up, on the recording's clock."""

    question: str = Field(max_length=64)
    t_ms: int = Field(ge=0, lt=2**63)


class Record(_ServerModel):
    """A recording as the server has it.

    Attributes:
        user: The account that was logged in when the sound arrived.
        withdrawn: Whether it was taken back at the server.
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
    """The recorder at one server.

    Every method raises `AnnotateError` when the server can't be reached, refuses the token, or has
    a recorder that is older than this. The SDK knows none of its addresses: requests are our own.
    """

    def __init__(self, connection: Connection):
        self._at = connection

    def reviewers(self) -> frozenset[int]:
        """The accounts that may decide about captions, as of now."""
        reply = self._get("annotate/reviewers")
        found = reply.get("reviewers") if isinstance(reply, dict) else None
        if not isinstance(found, list) or not all(type(one) is int for one in found):
            raise AnnotateError(f"{self._at.url} doesn't name its reviewers: {self._upgrade}")
        return frozenset(found)

    def reviewer_emails(self) -> list[str]:
        """The addresses of the accounts that may decide about captions; for the operator alone."""
        reply = self._get("annotate/reviewers")
        found = reply.get("emails") if isinstance(reply, dict) else None
        if not isinstance(found, list):
            raise AnnotateError(
                f"{self._at.url} names its reviewers' addresses to the operator's token alone"
            )
        return [str(one) for one in found]

    def set_reviewer(self, email: str, *, reviewer: bool) -> None:
        """Let an account decide about captions, or no longer.

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
        """What the server wrote down about a recording.

        Raises:
            RejectedError: `missing_audio`, if it has none of this id; `invalid_row`, if what it
                says isn't of the form that is known.
        """
        reply = self._get(f"annotate/recordings/{recording}/record", "no_such_recording")
        try:
            return Record.model_validate(reply)
        except ValidationError as error:
            raise _unknown(error, f"the server's record of {recording}") from error

    def waiting(self, wait_s: int = 0) -> Waiting:
        """The recordings whose words pages wait for.

        Args:
            wait_s: How long the server may keep the question open if there are none.
        """
        reply = self._get("annotate/looks", params={"wait": wait_s})
        try:
            return Waiting.model_validate(reply)
        except ValidationError as error:
            raise AnnotateError(_unknown(error, f"{self._at.url}: second looks").detail) from error

    def shown(self, recording: str) -> Shown | None:
        """The words of a recording that its annotator was shown; None if none were.

        Raises:
            RejectedError: As `record` does.
        """
        reply = self._get(f"annotate/recordings/{recording}/words", "no_such_recording")
        if isinstance(reply, dict) and reply.get("state") != "ready":
            return None
        try:
            return Shown.model_validate(reply)
        except ValidationError as error:
            raise _unknown(error, f"the server's words of {recording}") from error

    def show(self, recording: str, words: Shown) -> None:
        """Bring the words of a recording; those that are there already stay."""
        data = json.dumps(words.body()).encode()
        try:
            self._at.put(f"annotate/recordings/{recording}/words", data)
        except AnnotateError as error:
            raise self._explained(error) from error

    def keep(self, data: bytes, suffix: str) -> str:
        """Keep a file for reviewers alone; its path. What is there already isn't sent again."""
        path = f"{MEDIA}{sha256_hex(data)}.{suffix}"
        try:
            if self._at.length(path.lstrip("/")) == len(data):
                return path
            reply = self._at.put(path.lstrip("/"), data)
        except AnnotateError as error:
            raise self._explained(error) from error
        return str(reply["path"])

    def _get(self, path: str, missing: str | None = None, **more: Any) -> Any:
        try:
            return self._at.get(path, **more)
        except AnnotateError as error:
            if missing and _code(error) == missing:
                raise RejectedError("missing_audio", f"{path}: not at the server") from error
            raise self._explained(error) from error

    def _explained(self, error: AnnotateError) -> AnnotateError:
        """The error, with what to do where the recorder is missing, old or not ours to ask."""
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


def _unknown(error: ValidationError, what: str) -> RejectedError:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return RejectedError("invalid_row", f"{what}: {where}: {first['msg']}")


def _code(error: AnnotateError) -> str | None:
    """The recorder's own code for what went wrong; None for an answer that isn't the recorder's."""
    response = getattr(error.__cause__, "response", None)
    try:
        reply = response.json() if response is not None else None
    except ValueError:
        return None
    found = reply.get("error") if isinstance(reply, dict) else None
    return found if isinstance(found, str) else None
