"""Captions of images with a recording from a Label Studio server are accepted only by people."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.execution.runner import run_step
from annotate.model.tables import (
    Captions,
    Consents,
    Images,
    Narrations,
    Recordings,
    Reviews,
    Table,
    Transcripts,
    Verdicts,
)
from annotate.release.options import ReleaseOptions
from annotate.release.select import select
from annotate.review.step import AutoReview
from tests.builders import (
    a_consent,
    a_narration,
    a_recording,
    a_transcript,
    a_verdict,
    an_image,
    frame,
    img,
    lake_with,
    narrated,
    rec,
)
from tests.release_builders import lineage

SOURCES = st.sampled_from(["folder/a.webm", "label-studio/host/3/7", "label-studio/host/9/1"])
IMAGES = st.lists(st.lists(SOURCES, min_size=1, max_size=4), min_size=1, max_size=4)


def rows(images: list[list[str]], used: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Recordings of each image from these sources, and captions of the first `used` of each."""
    recordings, captions = [], []
    for number, sources in enumerate(images):
        names = [f"{number}-{index}" for index in range(len(sources))]
        for name, source in zip(names, sources, strict=True):
            recordings.append(a_recording(name, image_id=img(str(number)), source=source))
        text, spans = lineage(narrated("A."), rec(names[0]))
        caption = {"image_id": img(str(number)), "caption_id": f"cap_{number:016x}", "text": text}
        used_ids = [rec(one) for one in names[:used]]
        captions.append({**caption, "lineage": spans, "recordings": used_ids})
    return recordings, captions


def usable(images: list[list[str]]) -> dict[type[Table], list[dict[str, Any]]]:
    """The rows for every recording to be usable: consent, a passed check, and a narration."""
    image_of = {
        f"{number}-{n}": number for number, one in enumerate(images) for n in range(len(one))
    }
    narrations = [a_narration("A.", name, image_id=img(str(image_of[name]))) for name in image_of]
    return {
        Consents: [a_consent(name) for name in image_of],
        Verdicts: [a_verdict(name) for name in image_of],
        Transcripts: [a_transcript("A.", name) for name in image_of],
        Narrations: narrations,
    }


@settings(max_examples=20, deadline=None)
@given(IMAGES, st.integers(1, 4), st.booleans())
def test_captions_with_server_recordings_wait_for_people_in_any_order_of_ingest(
    images: list[list[str]], used: int, served_later: bool
) -> None:
    recordings, captions = rows(images, used)
    served = [row for row in recordings if row["source"].startswith("label-studio/")]
    first = [row for row in recordings if row not in served] if served_later else recordings
    with tempfile.TemporaryDirectory() as root:
        lake = lake_with(Path(root), {Recordings: first, Captions: captions, **usable(images)})
        run_step(AutoReview(), lake)
        lake.append(Recordings, frame(Recordings, recordings))
        run_step(AutoReview(), lake)
        accepted = set(lake.read(Reviews)["image_id"])
        lake.append(Images, frame(Images, [an_image(str(one)) for one in range(len(images))]))
        released = set(select(lake, ReleaseOptions()).images["image_id"])
    for_people = {row["image_id"] for row in served}
    if not served_later:
        assert accepted.isdisjoint(for_people)
    assert accepted | for_people == {row["image_id"] for row in captions}
    # A caption accepted before the server's recording was ingested doesn't count any more.
    assert released == {row["image_id"] for row in captions} - for_people
