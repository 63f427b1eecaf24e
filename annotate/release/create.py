"""Making of a release: select, write, name by content; never changed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import polars as pl

from annotate.model.decision_rule import Reviewers
from annotate.model.errors import AnnotateError
from annotate.model.ids import digest, sha256_hex
from annotate.model.tables import Releases
from annotate.release.card import render_card
from annotate.release.folder import ReleaseFolder
from annotate.release.manifest import SCHEMA_VERSION, VIEWER, File, Manifest, content_hash
from annotate.release.names import is_release_file, is_version
from annotate.release.options import ReleaseOptions
from annotate.release.origin import Recorded, recorded
from annotate.release.page import release_page
from annotate.release.rows import caption_rows, media_path, narration_rows, parquet, shards
from annotate.release.select import Selection, changed_since, select, step_keys
from annotate.release.statistics import Statistics, caption_statistics, ordered, recording_counts
from annotate.store.lake import Lake
from annotate.store.unseen import Unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A released version.

    Attributes:
        path: Its folder, a path or an object store's key.
        content_sha256: Over its content, whatever its version's name.
        release_sha256: Over every byte of it; None for one that version 0.1 made. The publisher
            announces it, so that a copy can be verified.
        counts: Images, recordings, words and the like.
        left_out: Images that were not released, by reason.
        reused: True when the same release existed already and nothing was written.
    """

    version: str
    path: str
    content_sha256: str
    release_sha256: str | None
    counts: Mapping[str, int]
    left_out: Mapping[str, int]
    reused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """The content of the release without the viewer: its files, and the blobs to copy."""

    selection: Selection
    options: ReleaseOptions
    files: tuple[File, ...]
    sha256: str
    copies: tuple[tuple[File, str], ...]
    statistics: Statistics

    @property
    def counts(self) -> dict[str, int]:
        """Images, recordings, words and the like."""
        return ordered(self.statistics.counts)


def create(
    lake: Lake,
    version: str | None = None,
    options: ReleaseOptions | None = None,
    unseen: Unseen = "folders",
    reviewers: Reviewers = 1,
) -> Release:
    """Make the release of the captions accepted now, in the lake's `releases/<version>/`.

    The same content under the same version stays unchanged (or is written again where the folder is
    missing). Killed at any moment and run again, the result has the same bytes.

    Args:
        version: None names it after its content: `<prefix>-<8 hex digits>`.
        unseen: Which automatic acceptances count, by the rule of `annotate.store.unseen`.
        reviewers: How many people must decide, by the rule of `annotate.store.settled`.

    Raises:
        AnnotateError: The version has other content or a bad name, or nothing can be released.
    """
    _check_name(version)
    options = options or ReleaseOptions()
    content = _describe(lake, _select(lake, options, unseen, reviewers), options)
    version = version or f"{options.prefix}-{content.sha256[:8]}"
    known, folder = recorded(lake, version), ReleaseFolder(lake, version)
    _reject_other_content(version, content.sha256, known, existing := folder.manifest())
    if existing is None:
        made = _write(lake, folder, content, known, partial(_recheck, lake, content, unseen))
    else:
        made = _reject_forgery(lake, existing, known, content)
    _record(lake, known, made, content.counts)
    return Release(
        version=version,
        path=folder.path,
        content_sha256=content.sha256,
        release_sha256=made.release_sha256,
        counts=content.counts,
        left_out=content.selection.left_out,
        reused=existing is not None and known is not None,
    )


def _check_name(version: str | None) -> None:
    if version is not None and not is_version(version):
        raise AnnotateError(
            f"{version!r} cannot name a release: use up to 64 letters, digits and . _ -"
        )


ADVICE = {
    "no_consent": "annotators didn't agree to the scopes in `[release] consent_scopes`",
    "no_pseudonym": "ingest the folder again, with --name and the name it had in this lake",
    "not_reviewed": "review captions first",
    "not_settled": "two reviewers have to agree, or a third to decide",
}
"""What to do when nothing can be released, by the reason for which an image is left out."""


def _select(lake: Lake, options: ReleaseOptions, unseen: Unseen, reviewers: Reviewers) -> Selection:
    """What can be released, which is never empty."""
    selection = select(lake, options, unseen, reviewers)
    if selection.images.is_empty():
        reasons = ", ".join(f"{count} {reason}" for reason, count in selection.left_out.items())
        advice = [ADVICE[reason] for reason in selection.left_out if reason in ADVICE]
        raise AnnotateError(
            f"nothing to release ({reasons or 'there are no captions'}): "
            + (advice[0] if advice else "review captions first")
        )
    return selection


def _reject_other_content(
    version: str, sha256: str, known: Recorded | None, existing: Manifest | None
) -> None:
    """Reject a version's name that has other content, in the table or in the folder."""
    for other in (known, existing):
        if other is not None and other.content_sha256 != sha256:
            raise AnnotateError(
                f"release {version} exists with other content ({other.content_sha256[:8]}): "
                "choose another version"
            )


def _reject_another(version: str, made: Manifest, known: Recorded | None) -> None:
    """Reject a release that differs, viewer included, from the recorded one without a folder."""
    if known is not None and known.release_sha256 not in (None, made.release_sha256):
        raise AnnotateError(
            f"release {version} can't be made again byte for byte (its content can): restore its "
            "folder from a copy, or choose another version"
        )


def _reject_forgery(
    lake: Lake, existing: Manifest, known: Recorded | None, content: _Content
) -> Manifest:
    """Reject an existing folder that is neither the recorded release nor the one to be made.

    The latter is left where a run was killed before it recorded the release.
    """
    if known is not None:
        genuine = known.covers(existing)
    else:
        viewer = _file(VIEWER, _page(lake, existing.version, content))
        keys = step_keys(lake, content.selection)
        genuine = existing in (_manifest(existing.version, content, viewer, keys), _older(existing))
    if not genuine:
        raise AnnotateError(
            f"the folder of release {existing.version} isn't what this lake released: see "
            "`annotate release verify`, and move it away"
        )
    return existing


def _older(existing: Manifest) -> Manifest | None:
    """A manifest of version 0.1, in which only the content is covered by a hash."""
    return existing if existing.schema_version == 1 else None


def _tables(
    lake: Lake, selection: Selection, options: ReleaseOptions
) -> Iterator[tuple[str, bytes, Statistics]]:
    """The parquet files one by one, so that only one is in memory: path, bytes, statistics."""
    for shard in shards(selection, options):
        captions = caption_rows(lake, selection, shard.images, options)
        yield f"data/{shard.name}.parquet", parquet(captions), caption_statistics(captions)
        narrations = narration_rows(lake, selection, shard.images)
        yield f"narrations/{shard.name}.parquet", parquet(narrations), Statistics()


def _describe(lake: Lake, selection: Selection, options: ReleaseOptions) -> _Content:
    """Hash everything that the release will contain without writing any of it."""
    files = []
    statistics = Statistics(counts=recording_counts(selection.recordings))
    for path, data, part in _tables(lake, selection, options):
        files.append(_file(path, data))
        statistics += part
    copies = _copies(selection.images, "images") if options.include_images else []
    copies += _copies(selection.recordings, "audio") if options.include_audio else []
    files += [file for file, _ in copies]
    files.append(_file("README.md", render_card(statistics, options).encode()))
    odd = [file.path for file in files if not is_release_file(file.path)]
    if odd:
        raise AnnotateError(f"no release may hold {odd[0]}: its type or its split's name is odd")
    return _Content(
        selection=selection,
        options=options,
        files=tuple(sorted(files)),
        sha256=content_hash(files),
        copies=tuple(copies),
        statistics=statistics,
    )


def _write(
    lake: Lake,
    folder: ReleaseFolder,
    content: _Content,
    known: Recorded | None,
    final_check: Callable[[], None],
) -> Manifest:
    """Write the release, and publish it if it is the recorded one, or none is recorded."""
    selection, options = content.selection, content.options
    folder.copy_blobs(lake.blobs, list(content.copies))
    written = [folder.write(path, data) for path, data, _ in _tables(lake, selection, options)]
    written.append(folder.write("README.md", render_card(content.statistics, options).encode()))
    written += [file for file, _ in content.copies]
    if set(written) != set(content.files):
        raise AnnotateError("the lake changed while the release was written: run it again")
    viewer = folder.write(VIEWER, _page(lake, folder.version, content))
    made = _manifest(folder.version, content, viewer, step_keys(lake, selection))
    _reject_another(folder.version, made, known)
    folder.complete(made, final_check)
    return made


def _recheck(lake: Lake, content: _Content, unseen: Unseen) -> None:
    """Reject a release of images that may not be released any more.

    Writing takes long, and people may withdraw their consent meanwhile.
    """
    changed = changed_since(lake, content.selection, content.options, unseen)
    if changed:
        reasons = ", ".join(f"{count} {reason}" for reason, count in changed.items())
        raise AnnotateError(
            f"the lake changed while the release was written ({reasons}), and nothing was "
            "released: run it again"
        )


def _page(lake: Lake, version: str, content: _Content) -> bytes:
    page = release_page(lake, version, content.selection, content.statistics, content.options)
    return page.encode()


def _manifest(version: str, content: _Content, viewer: File, keys: Mapping[str, str]) -> Manifest:
    return Manifest(
        version=version,
        content_sha256=content.sha256,
        counts=content.counts,
        step_keys=keys,
        files=tuple(sorted([*content.files, viewer])),
    ).sealed()


def _copies(rows: pl.DataFrame, kind: str) -> list[tuple[File, str]]:
    """The files that the release copies from the lake's blobs, and the blobs' keys."""
    wanted = rows.select("sha256", "bytes", "blob", path=media_path(kind)).unique("path")
    return [
        (File(path=row["path"], bytes=row["bytes"], sha256=row["sha256"]), row["blob"])
        for row in wanted.sort("path").iter_rows(named=True)
    ]


def _file(path: str, data: bytes) -> File:
    return File(path=path, bytes=len(data), sha256=sha256_hex(data))


def _record(lake: Lake, known: Recorded | None, made: Manifest, counts: Mapping[str, int]) -> None:
    """Write the release's row, unless the table has it."""
    if known is not None and known.release_sha256 == made.release_sha256:
        return
    row = {name: counts[name] for name in ("captions", "images", "recordings", "words")}
    row_key = digest("release", SCHEMA_VERSION, made.content_sha256, made.release_sha256)
    named = {
        "version": made.version,
        "content_sha256": made.content_sha256,
        "release_sha256": made.release_sha256,
        "step_key": row_key,
    }
    schema = {"release_sha256": pl.String}
    lake.append(Releases, pl.DataFrame([{**named, **row}], schema_overrides=schema))
