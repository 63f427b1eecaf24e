"""Recordings as kept: sound, records, and which one is a user's latest of a task."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass

from annotate.recorder.errors import RequestError
from annotate.recorder.media import Media, by_suffix
from annotate.recorder.protocol import Json
from annotate.recorder.records import Records, encode
from annotate.recorder.storage import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose recording of what: the ids of Label Studio.

    Attributes:
        task_created: When the task was made: a database begun anew counts its tasks from 1 again,
            and must not find the recordings of the old one.
    """

    user: int
    organization: int
    project: int
    task: int
    task_created: str

    def key(self) -> str:
        """Names this user's recordings of this task."""
        return f"{self.task}-{self.user}-{self.task_created}"


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording that is kept, and what is known of it."""

    record: Json
    media: Media

    @property
    def reference(self) -> Json:
        """What an annotation holds of it."""
        reference: Json = self.record["reference"]
        return reference


class Recordings:
    """The recordings in one store."""

    def __init__(self, store: Store, secret: str) -> None:
        self._store = store
        self.records = Records(store)
        self._secret = secret.encode()

    def name(self, owner: Owner, sha256: str) -> str:
        """The id of a recording, 32 hex digits: the same for the same bytes, user and task.

        So a repeated upload finds the first one, also when both arrive at once. Nobody can guess
        it without the server's secret.
        """
        what = f"{owner.key()}-{sha256}".encode()
        return hmac.new(self._secret, what, hashlib.sha256).hexdigest()[:32]

    def keep(self, owner: Owner, media: Media, audio: bytes, reference: Json, facts: Json) -> None:
        """Keep a recording and make it its user's latest of the task.

        Args:
            reference: What the annotation will hold of it.
            facts: What else its first record says: the trace, the consent, when it arrived.

        Raises:
            RequestError: 500 `not_stored`, if what was written doesn't read back as it was sent.
        """
        name = reference["recording"]
        file = f"{name}.{media.suffix}"
        self._store.write(file, audio)
        back = self._store.read(file)
        if back is None or hashlib.sha256(back).hexdigest() != reference["sha256"]:
            raise RequestError(500, "not_stored", "The recording could not be stored. Try again.")
        record = {
            "reference": reference,
            "suffix": media.suffix,
            "user": owner.user,
            "organization": owner.organization,
            "project": owner.project,
            "task": owner.task,
            **facts,
        }
        self.records.begin(name, record)
        self.make_latest(owner, name)

    def make_latest(self, owner: Owner, name: str) -> None:
        """From now on `latest` finds this one."""
        self._store.write(self._pointer(owner), encode({"recording": name}))

    def find(self, name: str) -> StoredRecording | None:
        """The recording of that id, if there is one."""
        record = self.records.first(name)
        return None if record is None else StoredRecording(record, by_suffix(record["suffix"]))

    def latest(self, owner: Owner) -> StoredRecording | None:
        """What this user recorded last of this task, if anything."""
        data = self._store.read(self._pointer(owner))
        return None if data is None else self.find(json.loads(data)["recording"])

    def audio(self, stored: StoredRecording) -> bytes | None:
        """The bytes of a recording, as received."""
        return self._store.read(f"{stored.reference['recording']}.{stored.media.suffix}")

    def _pointer(self, owner: Owner) -> str:
        digest = hmac.new(self._secret, owner.key().encode(), hashlib.sha256).hexdigest()[:32]
        return f"latest-{digest}.json"
