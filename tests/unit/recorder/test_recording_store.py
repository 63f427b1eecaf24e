"""Stored recordings: one id per bytes, user and task, and the latest recording of each user."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from annotate.recorder.errors import RequestError
from annotate.recorder.media import WEBM
from annotate.recorder.recording_store import Owner, Recordings
from annotate.recorder.storage import FolderStore

ANN = Owner(user=1, organization=1, project=1, task=1, task_created="2026-11-01")


def an_owner(**over: Any) -> Owner:
    owner = {"user": 1, "organization": 1, "project": 1, "task": 1, "task_created": "2026-11-01"}
    return Owner(**{**owner, **over})


@pytest.fixture
def recordings(tmp_path: Path) -> Recordings:
    return Recordings(FolderStore(tmp_path), "secret")


def store(recordings: Recordings, audio: bytes) -> str:
    sha256 = hashlib.sha256(audio).hexdigest()
    name = recordings.name(ANN, sha256)
    reference = {"recording": name, "sha256": sha256}
    recordings.add(ANN, WEBM, audio, reference, {"trace": {"segments": [], "points": []}})
    return name


def test_the_latest_is_found_and_can_be_replaced_by_an_earlier_one(
    recordings: Recordings,
) -> None:
    assert recordings.latest(ANN) is None
    first, second = store(recordings, b"first"), store(recordings, b"second")
    latest = recordings.latest(ANN)
    assert latest is not None
    assert latest.reference["recording"] == second
    assert recordings.audio(latest) == b"second"
    recordings.make_latest(ANN, first)
    latest = recordings.latest(ANN)
    assert latest is not None
    assert latest.reference["recording"] == first


@pytest.mark.parametrize(
    "other", [an_owner(user=2), an_owner(task=2), an_owner(task_created="2027-01-01")]
)
def test_other_users_and_tasks_do_not_find_it(recordings: Recordings, other: Owner) -> None:
    store(recordings, b"mine")
    assert recordings.latest(other) is None
    assert recordings.name(other, "0" * 64) != recordings.name(ANN, "0" * 64)


def test_an_id_is_stable_and_depends_on_the_secret(recordings: Recordings, tmp_path: Path) -> None:
    name = recordings.name(ANN, "0" * 64)
    assert name == recordings.name(ANN, "0" * 64)
    assert len(name) == 32
    assert name != Recordings(FolderStore(tmp_path), "another").name(ANN, "0" * 64)


def test_a_store_that_alters_bytes_is_an_error(
    tmp_path: Path, recordings: Recordings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FolderStore, "read", lambda self, name: b"something else")
    with pytest.raises(RequestError) as caught:
        store(recordings, b"mine")
    assert (caught.value.status, caught.value.code) == (500, "not_stored")
    assert list(tmp_path.glob("*.json")) == []
