from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from annotate.model.tables import (
    Captions,
    Consents,
    Images,
    Narrations,
    Recordings,
    Reviews,
    Transcripts,
    Verdicts,
)
from annotate.release.options import ReleaseOptions
from annotate.release.select import select, step_keys
from annotate.store.lake import Lake
from tests.builders import a_consent, frame, img, rec, sha
from tests.release_builders import a_lake, edited, put_image

OPTIONS = ReleaseOptions()


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"review": {"decision": "reject"}}, "rejected"),
        ({"review": {"caption_id": f"cap_{sha('other')[:16]}"}}, "not_reviewed"),
        ({"review": {"decision": "fix", "text": " ", "lineage": []}}, "empty_caption"),
        ({"caption": {"text": "", "lineage": []}}, "empty_caption"),
        ({"caption": {"recordings": []}}, "recording_missing"),
        ({"caption": {"recordings": [rec("lost")]}}, "recording_missing"),
        ({"recording": {"image_id": img("other")}}, "image_changed"),
        ({"consent": {"scope": "internal"}}, "no_consent"),
        ({"consent": {"scope": "withdrawn", "statement": None}}, "no_consent"),
        ({"consent": {"recording_id": rec("other")}}, "no_consent"),
        ({"verdict": {"status": "reject", "reason": "silent"}}, "recording_rejected"),
        ({"verdict": {"check": "is_haunted"}}, "recording_rejected"),
        ({"recording": {"annotator_id": "jane@example.org"}}, "no_pseudonym"),
        ({"review": {"text": "a big thing here"}}, "unsupported_words"),
        ({"review": {"decision": "fix", "text": "a big thing here"}}, "unsupported_words"),
        ({"review": {"lineage": []}}, "unsupported_words"),
        ({"review": edited("All new words") | {"decision": "accept"}}, "unsupported_words"),
        ({"review": edited("All new words") | {"automatic": True}}, "unsupported_words"),
    ],
)
def test_left_out_images_are_counted_by_reason(
    tmp_path: Path, over: dict[str, Any], reason: str
) -> None:
    lake = a_lake(tmp_path, 2)
    put_image(lake, 9, **over)
    selection = select(lake, OPTIONS)
    assert selection.images.height == 2
    assert selection.left_out == {reason: 1}


FROM_A_SERVER = {"source": "label-studio/studio.example.org/3/7"}


def test_automatic_reviews_do_not_count_for_recordings_from_a_server(
    tmp_path: Path,
) -> None:
    lake = a_lake(tmp_path, 2)
    image = put_image(
        lake, 9, recording=FROM_A_SERVER, review={"automatic": True, "reviewer": "auto"}
    )
    selection = select(lake, OPTIONS)
    assert selection.left_out == {"not_reviewed": 1}
    assert image not in selection.images["image_id"]
    assert select(lake, OPTIONS, "all").left_out == {}


def test_a_reviewers_acceptance_counts_for_recordings_from_a_server(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    image = put_image(
        lake, 9, recording=FROM_A_SERVER, review={"automatic": False, "reviewer": "ls-5"}
    )
    assert select(lake, OPTIONS).images["image_id"].to_list() == [image]
    assert select(lake, OPTIONS, "none").images["image_id"].to_list() == [image]


def test_a_fixed_caption_is_released(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    image = put_image(lake, 1, review={"decision": "fix"})
    assert select(lake, OPTIONS).images["image_id"].to_list() == [image]


def test_other_scopes_can_be_requested(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    put_image(lake, 1, consent={"scope": "internal"})
    wider = ReleaseOptions(consent_scopes=("public", "internal"))
    assert select(lake, wider).images.height == 1


@pytest.mark.parametrize("scope", ["withdrawn", "reserch", ""])
def test_withdrawn_recordings_cannot_be_requested(tmp_path: Path, scope: Any) -> None:
    with pytest.raises(ValidationError, match="consent_scopes"):
        ReleaseOptions(consent_scopes=("public", scope))
    lake = Lake(tmp_path)
    put_image(lake, 1, consent={"scope": "withdrawn"})
    everything = ReleaseOptions(consent_scopes=("public", "research", "internal"))
    assert select(lake, everything).left_out == {"no_consent": 1}


def test_one_recording_without_consent_excludes_the_image(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, 2)
    row = lake.read(Consents).row(0, named=True)
    lake.append(Consents, frame(Consents, [{**row, "scope": "internal"}]))
    selection = select(lake, OPTIONS)
    assert selection.left_out == {"no_consent": 1}
    assert row["recording_id"] not in selection.recordings["recording_id"]


def test_a_withdrawn_copy_of_a_recording_excludes_its_image(tmp_path: Path) -> None:
    """The same samples in a file with other tags."""
    lake = a_lake(tmp_path, 2)
    row = lake.read(Recordings).row(0, named=True)
    copy = {**row, "recording_id": rec("copy"), "sha256": sha("copy")}
    lake.append(Recordings, frame(Recordings, [copy]))
    lake.append(Consents, frame(Consents, [a_consent("copy", "withdrawn")]))
    selection = select(lake, OPTIONS)
    assert selection.left_out == {"no_consent": 1}
    assert row["image_id"] not in selection.images["image_id"]


def test_only_the_newest_caption_counts(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, 1)
    row = lake.read(Captions).row(0, named=True)
    newer = {**row, "caption_id": f"cap_{sha('newer')[:16]}"}
    lake.append(Captions, frame(Captions, [newer]))
    assert select(lake, OPTIONS).left_out == {"not_reviewed": 1}


def test_an_image_missing_from_the_lake_is_left_out(tmp_path: Path) -> None:
    whole = a_lake(tmp_path / "whole", 1)
    lake = Lake(tmp_path / "part")
    for table in (Captions, Recordings, Reviews, Transcripts, Narrations, Consents, Verdicts):
        lake.append(table, whole.read(table).drop("written_at"))
    assert select(lake, OPTIONS).left_out == {"image_missing": 1}
    lake.append(Images, whole.read(Images).drop("written_at"))
    assert select(lake, OPTIONS).left_out == {}


def test_step_keys_change_only_with_an_input(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, 2)
    before = step_keys(lake, select(lake, OPTIONS))
    assert step_keys(lake, select(lake, OPTIONS)) == before
    row = lake.read(Recordings).row(0, named=True)
    lake.append(Recordings, frame(Recordings, [{**row, "step_key": "other"}]))
    after = step_keys(lake, select(lake, OPTIONS))
    assert {table for table in before if before[table] != after[table]} == {"recordings"}
