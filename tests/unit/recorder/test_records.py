"""Records are append-only; their current state is derived from the events."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from annotate.recorder.records import ANNOTATED, CONSENT, DELETED, REPLACED, Records, standing
from annotate.recorder.storage import open_store

ID = "0" * 32
FIRST: dict[str, Any] = {"consent": {"scope": "public", "statement": "v1"}}


@pytest.fixture(params=["folder", "memory"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    url = str(tmp_path) if request.param == "folder" else f"memory://{tmp_path.name}"
    return Records(open_store(url))


def saved(annotation: int) -> dict[str, Any]:
    return {"event": ANNOTATED, "annotation": annotation}


def test_the_first_record_is_not_replaced(records: Records) -> None:
    assert records.begin(ID, FIRST)
    assert not records.begin(ID, {"consent": {"scope": "internal"}})
    assert records.first(ID) == FIRST
    assert records.first("1" * 32) is None
    assert records.events(ID) == []


def test_events_are_numbered_and_chained_by_hashes(records: Records) -> None:
    records.begin(ID, FIRST)
    for number in (1, 2, 3):
        records.note(ID, saved(number))
    assert [event["number"] for event in records.events(ID)] == [1, 2, 3]
    assert records.sound(ID)


def test_a_modified_record_is_detected(tmp_path: Path) -> None:
    records = Records(open_store(str(tmp_path)))
    records.begin(ID, FIRST)
    records.note(ID, saved(1))
    first = tmp_path / f"{ID}.json"
    first.write_text(first.read_text().replace("public", "PUBLIC"))
    assert not records.sound(ID)


def test_an_event_without_a_record_is_rejected(records: Records) -> None:
    with pytest.raises(KeyError):
        records.note(ID, saved(1))


def test_concurrent_events_are_all_stored(tmp_path: Path) -> None:
    records = Records(open_store(str(tmp_path)))
    records.begin(ID, FIRST)
    threads = [threading.Thread(target=records.note, args=(ID, saved(n))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(event["annotation"] for event in records.events(ID)) == list(range(20))
    assert records.sound(ID)


@pytest.mark.parametrize(
    ("events", "annotations", "withdrawn"),
    [
        ([], [], False),
        ([saved(1)], [1], False),
        ([saved(1), saved(2), {"event": DELETED, "annotation": 1}], [2], False),
        ([saved(1), {"event": DELETED, "annotation": 1}], [], True),
        ([saved(1), {"event": REPLACED, "annotation": 1}], [], True),
        ([saved(1), {"event": REPLACED, "annotation": 1}, saved(1)], [1], False),
        ([{"event": DELETED, "annotation": 9}], [], False),
    ],
)
def test_a_submitted_and_deleted_recording_is_withdrawn(
    events: list[dict[str, Any]], annotations: list[int], withdrawn: bool
) -> None:
    state = standing(FIRST, events)
    assert (state["annotations"], state["withdrawn"]) == (annotations, withdrawn)


def test_the_latest_consent_applies() -> None:
    narrowed = {"event": CONSENT, "consent": {"scope": "internal", "statement": "v1"}}
    refused = {"event": CONSENT, "consent": {"scope": "withdrawn", "statement": "v1"}}
    assert standing(FIRST, [narrowed])["consent"]["scope"] == "internal"
    assert not standing(FIRST, [narrowed])["withdrawn"]
    assert standing(FIRST, [narrowed, refused])["withdrawn"]
    assert standing(FIRST, [narrowed, refused])["consent"]["scope"] == "internal"
    assert not standing(FIRST, [refused, narrowed])["withdrawn"]


def test_a_record_of_an_earlier_version_has_its_consent_in_the_reference() -> None:
    old = {"reference": {"consent": {"scope": "research", "statement": "old", "at": "then"}}}
    assert standing(old, [])["consent"]["scope"] == "research"
