"""The server's own records of a recording: a first record, and a further one for each event.

The first is `<id>.json`, the events are `<id>-1.json`, `<id>-2.json` and so on. Each is created
once and never overwritten. Each event contains the SHA-256 of the record before it, so that later
changes of the files can be detected.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import count, islice, pairwise
from typing import Any

from annotate.recorder.protocol import Json
from annotate.recorder.storage import Store

SCOPES = ("public", "research", "internal", "withdrawn")
"""Scopes of a consent, from the widest to withdrawn."""

CONSENT, ANNOTATED, REPLACED, DELETED = "consent", "annotated", "replaced", "deleted"
"""Events: a new or narrowed consent; an annotation saved with this recording; an annotation that
now contains another recording; a deleted annotation."""


class Records:
    """The records of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, name: str, record: Json) -> bool:
        """Write the first record of a recording; False, without a change, if there is one."""
        return self._store.create(f"{name}.json", encode(record))

    def first(self, name: str) -> Json | None:
        """The first record of a recording, if there is such a recording."""
        data = self._store.read(f"{name}.json")
        return None if data is None else dict(json.loads(data))

    def note(self, name: str, event: Json) -> None:
        """Add an event. Events added at the same time are all stored, in any order.

        Raises:
            KeyError: If there is no such recording.
        """
        raw = list(self._raw(name))
        if not raw:
            raise KeyError(name)
        while True:
            previous = hashlib.sha256(raw[-1]).hexdigest()
            chained = {**event, "number": len(raw), "previous": previous}
            if self._store.create(_file(name, len(raw)), encode(chained)):
                return
            raw = list(self._raw(name))  # another process has added an event

    def events(self, name: str) -> list[Json]:
        """The events of a recording after its first record, in order."""
        return [json.loads(event) for event in islice(self._raw(name), 1, None)]

    def sound(self, name: str) -> bool:
        """Whether every event contains the hash of the record before it."""
        raw = list(self._raw(name))
        return all(
            json.loads(later)["previous"] == hashlib.sha256(earlier).hexdigest()
            for earlier, later in pairwise(raw)
        )

    def _raw(self, name: str) -> Iterator[bytes]:
        for number in count():
            data = self._store.read(_file(name, number))
            if data is None:
                return
            yield data


def standing(record: Json, events: list[Json]) -> Json:
    """The current state of a recording: `consent`, `annotations` that contain it, `withdrawn`.

    A withdrawn consent is returned with the scope that it had last.
    """
    consent: Json = record.get("consent") or record["reference"]["consent"]
    held: dict[int, bool] = {}
    taken_back = False
    for event in events:
        if event["event"] == CONSENT:
            taken_back = event["consent"]["scope"] == SCOPES[-1]
            consent = consent if taken_back else event["consent"]
        elif event["event"] == ANNOTATED:
            held[event["annotation"]] = True
        elif event["annotation"] in held:
            held[event["annotation"]] = False
    standing = sorted(annotation for annotation, holds in held.items() if holds)
    removed = bool(held) and not standing
    return {"consent": consent, "annotations": standing, "withdrawn": taken_back or removed}


def scope_of(record: Json, events: list[Json]) -> str:
    """The scope of the newest consent; `withdrawn` if it was withdrawn."""
    newest = [event["consent"] for event in events if event["event"] == CONSENT][-1:]
    first: Json = record.get("consent") or record["reference"]["consent"]
    return str((newest or [first])[0]["scope"])


def narrower_than(scope: str) -> tuple[str, ...]:
    """The scopes that permit less."""
    return SCOPES[SCOPES.index(scope) + 1 :]


def encode(value: Any) -> bytes:
    """A record as JSON bytes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _file(name: str, number: int) -> str:
    return f"{name}-{number}.json" if number else f"{name}.json"
