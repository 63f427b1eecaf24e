"""Make a release: select, write, name by content, never change again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from annotate.model.errors import AnnotateError
from annotate.model.ids import digest, sha256_hex
from annotate.model.tables import Releases
from annotate.release.card import render_card, share
from annotate.release.facts import Facts, caption_facts, ordered, recording_counts
from annotate.release.folder import ReleaseFolder
from annotate.release.manifest import SCHEMA_VERSION, VIEWER, File, Manifest, content_hash
from annotate.release.options import ReleaseOptions
from annotate.release.rows import caption_rows, media_path, narration_rows, parquet, shards
from annotate.release.select import Selection, select, step_keys
from annotate.release.viewer import render_viewer, viewer_images
from annotate.store.lake import Lake
from annotate.store.unseen import Unseen

VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A released version.

    Attributes:
        path: Its folder, a path or an object store's key.
        counts: Images, recordings, words and the like.
        left_out: Images that were not released, by reason.
        reused: True when the very same was there already and nothing was written.
    """

    version: str
    path: str
    content_sha256: str
    counts: Mapping[str, int]
    left_out: Mapping[str, int]
    reused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What will be in the release but the viewer: its files, and which blobs some are copied of."""

    files: tuple[File, ...]
    copies: tuple[tuple[File, str], ...]
    facts: Facts


def create(
    lake: Lake,
    version: str | None = None,
    options: ReleaseOptions | None = None,
    unseen: Unseen = "folders",
) -> Release:
    """Make the release of what is accepted now, in the lake's `releases/<version>/`.

    The same content under the same version is left alone (or written again where the folder is
    gone). Killed at any moment and run again, it ends with the same bytes.

    Args:
        version: None names it for its content: `<prefix>-<8 hex digits>`.
        unseen: Which automatic acceptances count, by the rule of `annotate.store.unseen`.

    Raises:
        AnnotateError: The version has other content or a bad name, or nothing can be released.
    """
    options = options or ReleaseOptions()
    if version is not None:
        _check_name(version)
    selection = _select(lake, options, unseen)
    content = _describe(lake, selection, options)
    sha256 = content_hash(content.files)
    version = version or f"{options.prefix}-{sha256[:8]}"
    folder = ReleaseFolder(lake, version)
    recorded = _recorded(lake, version)
    there = folder.manifest()
    _refuse_other_content(version, sha256, recorded, there)
    if there is None:
        _write(lake, folder, version, selection, content, options)
    counts = ordered(content.facts.counts)
    if recorded is None:
        _record(lake, version, sha256, counts)
    return Release(
        version=version,
        path=folder.path,
        content_sha256=sha256,
        counts=counts,
        left_out=selection.left_out,
        reused=there is not None and recorded is not None,
    )


def _check_name(version: str) -> None:
    if not VERSION.fullmatch(version):
        raise AnnotateError(
            f"{version!r} cannot name a release: use up to 64 letters, digits and . _ -"
        )


def _select(lake: Lake, options: ReleaseOptions, unseen: Unseen) -> Selection:
    """What can be released, which is something."""
    selection = select(lake, options, unseen)
    if selection.images.is_empty():
        reasons = ", ".join(f"{count} {reason}" for reason, count in selection.left_out.items())
        raise AnnotateError(
            f"nothing to release ({reasons or 'there are no captions'}): review captions first"
        )
    return selection


def _refuse_other_content(
    version: str, sha256: str, recorded: str | None, there: Manifest | None
) -> None:
    """A version's name stands for one content: in the table and in the folder."""
    for known in (recorded, there.content_sha256 if there else None):
        if known not in (None, sha256):
            raise AnnotateError(
                f"release {version} exists with other content ({known[:8]}): choose another version"
            )


def _tables(
    lake: Lake, selection: Selection, options: ReleaseOptions
) -> Iterator[tuple[str, bytes, Facts]]:
    """The parquet files one by one, so that memory holds one piece: path, bytes, facts."""
    for shard in shards(selection, options):
        captions = caption_rows(lake, selection, shard.images, options)
        yield f"data/{shard.name}.parquet", parquet(captions), caption_facts(captions)
        narrations = narration_rows(lake, selection, shard.images)
        yield f"narrations/{shard.name}.parquet", parquet(narrations), Facts()


def _describe(lake: Lake, selection: Selection, options: ReleaseOptions) -> _Content:
    """Hash everything that the release will hold without writing any of it."""
    files = []
    facts = Facts(counts=recording_counts(selection.recordings))
    for path, data, part in _tables(lake, selection, options):
        files.append(_file(path, data))
        facts += part
    copies = _copies(selection.images, "images") if options.include_images else []
    copies += _copies(selection.recordings, "audio") if options.include_audio else []
    files += [file for file, _ in copies]
    files.append(_file("README.md", render_card(facts, options).encode()))
    return _Content(files=tuple(sorted(files)), copies=tuple(copies), facts=facts)


def _write(
    lake: Lake,
    folder: ReleaseFolder,
    version: str,
    selection: Selection,
    content: _Content,
    options: ReleaseOptions,
) -> None:
    folder.copy_blobs(lake.blobs, list(content.copies))
    written = [folder.write(path, data) for path, data, _ in _tables(lake, selection, options)]
    written.append(folder.write("README.md", render_card(content.facts, options).encode()))
    written += [file for file, _ in content.copies]
    if set(written) != set(content.files):
        raise AnnotateError("the lake changed while the release was written: run it again")
    page = _viewer(lake, version, selection, content.facts, options)
    viewer = folder.write(VIEWER, page.encode())
    folder.complete(
        Manifest(
            version=version,
            content_sha256=content_hash(content.files),
            counts=ordered(content.facts.counts),
            step_keys=step_keys(lake, selection),
            files=tuple(sorted([*content.files, viewer])),
        )
    )


def _viewer(
    lake: Lake, version: str, selection: Selection, facts: Facts, options: ReleaseOptions
) -> str:
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
    counts = ordered(facts.counts)
    about = {
        "title": options.title,
        "version": version,
        "license": options.license,
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
        (f"{counts['images']:,}", "images"),
        (f"{counts['recordings']:,}", "recordings"),
        (length, "of speech"),
        (f"{counts['words']:,}", "words"),
        (f"{pointed:.0%}", "pointed at"),
    ]


def badges(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """What a viewer should know before it trusts: a short text and its explanation."""
    said = []
    if voices := share(counts["synthetic_voices"], counts["recordings"]):
        said.append(("Synthetic voices", f"{voices} of the recordings: no person speaks in them."))
    if automatic := share(counts["automatic_reviews"], counts["captions"]):
        said.append(
            ("Automatic review", f"{automatic} of the captions: no person has accepted them.")
        )
    return said


def _copies(rows: pl.DataFrame, kind: str) -> list[tuple[File, str]]:
    """The files that the release copies from the lake's blobs, and the blobs' keys."""
    wanted = rows.select("sha256", "bytes", "blob", path=media_path(kind)).unique("path")
    return [
        (File(path=row["path"], bytes=row["bytes"], sha256=row["sha256"]), row["blob"])
        for row in wanted.sort("path").iter_rows(named=True)
    ]


def _file(path: str, data: bytes) -> File:
    return File(path=path, bytes=len(data), sha256=sha256_hex(data))


def _recorded(lake: Lake, version: str) -> str | None:
    """The content hash under which the version was released before."""
    rows = lake.current(Releases).filter(pl.col("version") == version)
    found: list[str] = rows.collect()["content_sha256"].to_list()
    return found[0] if found else None


def _record(lake: Lake, version: str, content_sha256: str, counts: Mapping[str, int]) -> None:
    row = {name: counts[name] for name in ("captions", "images", "recordings", "words")}
    row_key = digest("release", SCHEMA_VERSION, content_sha256)
    known = {"version": version, "content_sha256": content_sha256, "step_key": row_key}
    lake.add(Releases, pl.DataFrame([{**known, **row}]))
