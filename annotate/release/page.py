"""The viewer's page for a release: its selection of images and its notes."""

from __future__ import annotations

from collections.abc import Mapping

from annotate.release.card import share
from annotate.release.options import ReleaseOptions
from annotate.release.rows import caption_rows, narration_rows
from annotate.release.select import Selection
from annotate.release.statistics import Statistics, ordered
from annotate.release.viewer import render_viewer, viewer_images
from annotate.store.lake import Lake


def release_page(
    lake: Lake, version: str, selection: Selection, statistics: Statistics, options: ReleaseOptions
) -> str:
    """The page of a release with this version's name."""
    images = selection.images.sort("image_id").head(options.viewer_images)
    blobs = {
        "images": dict(images.select("image_id", "blob").iter_rows()),
        "audio": dict(selection.recordings.select("recording_id", "blob").iter_rows()),
    }
    shown = viewer_images(
        caption_rows(lake, selection, images, options),
        narration_rows(lake, selection, images),
        lambda kind, item: lake.blobs.get(blobs[kind][item]),
    )
    counts = ordered(statistics.counts)
    about = {
        "title": options.title,
        "version": version,
        "license": options.license,
        "attribution": options.attribution,
        "total": counts["images"],
        "shown": len(shown),
        "numbers": numbers(counts),
        "badges": badges(counts),
    }
    return render_viewer(about, shown)


def numbers(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """The viewer's summary: value and label, in order."""
    minutes = counts["audio_ms"] / 60_000
    length = f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:,.1f} h"
    length = f"{minutes * 60:.0f} s" if minutes < 2 else length
    pointed = counts["grounded_words"] / max(counts["words"], 1)
    return [
        _counted(counts["images"], "image"),
        _counted(counts["recordings"], "recording"),
        (length, "of speech"),
        _counted(counts["words"], "word"),
        (f"{pointed:.0%}", "pointed at"),
    ]


def _counted(count: int, noun: str) -> tuple[str, str]:
    return f"{count:,}", noun if count == 1 else f"{noun}s"


def badges(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """Warnings about the content for the page's reader: a short text and its explanation."""
    notes = []
    if voices := share(counts["synthetic_voices"], counts["recordings"]):
        notes.append(("Synthetic voices", f"{voices} of the recordings: no person speaks in them."))
    if automatic := share(counts["automatic_reviews"], counts["captions"]):
        notes.append(
            ("Automatic review", f"{automatic} of the captions: no person has accepted them.")
        )
    return notes
