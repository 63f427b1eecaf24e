"""Recordings as kept: one id for the same bytes, user and task, and the latest of each user."""

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


def other(**over: Any) -> Owner:
    same = {"user": 1, "organization": 1, "project": 1, "task": 1, "task_created": "2026-11-01"}
    return Owner(**{**same, **over})


@pytest.fixture
def recordings(tmp_path: Path) -> Recordings:
    return Recordings(FolderStore(tmp_path), "secret")


def keep(recordings: Recordings, audio: bytes) -> str:
    sha256 = hashlib.sha256(audio).hexdigest()
    name = recordings.name(ANN, sha256)
    reference = {"recording": name, "sha256": sha256}
    recordings.keep(ANN, WEBM, audio, reference, {"trace": {"segments": [], "points": []}})
    return name


def test_the_latest_is_found_and_an_earlier_one_can_be_made_the_latest(
    recordings: Recordings,
) -> None:
    assert recordings.latest(ANN) is None
    first, second = keep(recordings, b"first"), keep(recordings, b"second")
    latest = recordings.latest(ANN)
    assert latest is not None
    assert latest.reference["recording"] == second
    assert recordings.audio(latest) == b"second"
    recordings.make_latest(ANN, first)
    latest = recordings.latest(ANN)
    assert latest is not None
    assert latest.reference["recording"] == first


@pytest.mark.parametrize(
    "somebody", [other(user=2), other(task=2), other(task_created="2027-01-01")]
)
def test_nobody_else_and_no_other_task_finds_it(recordings: Recordings, somebody: Owner) -> None:
    keep(recordings, b"mine")
    assert recordings.latest(somebody) is None
    assert recordings.name(somebody, "0" * 64) != recordings.name(ANN, "0" * 64)


def test_an_id_is_stable_and_needs_the_secret(recordings: Recordings, tmp_path: Path) -> None:
    name = recordings.name(ANN, "0" * 64)
    assert name == recordings.name(ANN, "0" * 64)
    assert len(name) == 32
    assert name != Recordings(FolderStore(tmp_path), "another").name(ANN, "0" * 64)


def test_a_store_that_alters_bytes_is_not_trusted(
    tmp_path: Path, recordings: Recordings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FolderStore, "read", lambda self, name: b"something else")
    with pytest.raises(RequestError) as refusal:
        keep(recordings, b"mine")
    assert (refusal.value.status, refusal.value.code) == (500, "not_stored")
    assert list(tmp_path.glob("*.json")) == []
