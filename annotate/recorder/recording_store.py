"""Stored recordings: audio, records, and each user's latest recording of a task."""

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
    """The owner and task of a recording, by Label Studio's ids.

    Attributes:
        task_created: When the task was created. It distinguishes tasks of a new database, which
            reuses ids, from those of the old one.
    """

    user: int
    organization: int
    project: int
    task: int
    task_created: str

    def key(self) -> str:
        """Key of this user's recordings of this task."""
        return f"{self.task}-{self.user}-{self.task_created}"


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A stored recording with its first record."""

    record: Json
    media: Media

    @property
    def reference(self) -> Json:
        """The reference that is stored in an annotation."""
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

        So a repeated upload finds the first one, even if both arrive at once. The id can't be
        guessed without the server's secret.
        """
        what = f"{owner.key()}-{sha256}".encode()
        return hmac.new(self._secret, what, hashlib.sha256).hexdigest()[:32]

    def add(self, owner: Owner, media: Media, audio: bytes, reference: Json, fields: Json) -> None:
        """Store a recording and make it its user's latest of the task.

        Args:
            reference: The reference that will be stored in the annotation.
            fields: Further fields of its first record: trace, consent, time of arrival.

        Raises:
            RequestError: 500 `not_stored`, if the stored bytes differ from those sent.
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
            **fields,
        }
        self.records.begin(name, record)
        self.make_latest(owner, name)

    def make_latest(self, owner: Owner, name: str) -> None:
        """Make this recording the one that `latest` returns."""
        self._store.write(self._pointer(owner), encode({"recording": name}))

    def find(self, name: str) -> StoredRecording | None:
        """The recording of that id, if there is one."""
        record = self.records.first(name)
        return None if record is None else StoredRecording(record, by_suffix(record["suffix"]))

    def latest(self, owner: Owner) -> StoredRecording | None:
        """This user's latest recording of this task, if any."""
        data = self._store.read(self._pointer(owner))
        return None if data is None else self.find(json.loads(data)["recording"])

    def audio(self, stored: StoredRecording) -> bytes | None:
        """The bytes of a recording, as received."""
        return self._store.read(f"{stored.reference['recording']}.{stored.media.suffix}")

    def _pointer(self, owner: Owner) -> str:
        digest = hmac.new(self._secret, owner.key().encode(), hashlib.sha256).hexdigest()[:32]
        return f"latest-{digest}.json"
