"""A release's list of files, by which its content and downloads are verified.

Two hashes identify a release. `content_sha256` covers its content and doesn't change with its name.
`release_sha256` covers every byte of the manifest but its own line, and so the version, the counts,
the step keys and, by their hashes, all files, the viewer too. With this hash from a trusted source,
nothing else needs to be trusted.

Only the standard library is used here: researchers import this through `annotate.client`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from annotate.model.errors import AnnotateError
from annotate.release.names import is_release_file, is_version, twins

MANIFEST = "manifest.json"
VIEWER = "index.html"
SCHEMA_VERSION = 2
"""Increased when older readers would misread newer releases. 1 had no `release_sha256`."""

MANIFEST_BYTES = 512 * 2**20
"""A longer manifest isn't read. One with 2.5 million files has this length."""
MAX_FILES = 4_000_000
HEAD_BYTES = 2**20
"""The most bytes before the list of files."""

FILES = b',\n "files": [\n'
"""The text between the head and the files; data without it is no manifest."""
_END = b"\n]}\n"
_FILE = re.compile(
    rb'\{"path": "([ !#-\[\]-~]{1,200})", "bytes": (0|[1-9][0-9]{0,14}), '
    rb'"sha256": "([0-9a-f]{64})"\}(,\n|\n\]\}\n)'
)
_SEAL = re.compile(rb'\{\n "release_sha256": "([0-9a-f]{64})",\n')
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class File:
    """One file of a release; `path` is relative to its folder, with `/` between the parts."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The content of a release.

    Attributes:
        content_sha256: Over all files but the viewer, which is only a view of them and contains the
            version's name; see `content_hash`.
        counts: Images, recordings, words and the like.
        step_keys: For each table that was read, one hash over the step keys of the rows used.
        files: Every file but the manifest itself, sorted by path.
        schema_version: 1 in releases of version 0.1.
        release_sha256: Over everything, see the module; None where `schema_version` is 1.
    """

    version: str
    content_sha256: str
    counts: Mapping[str, int]
    step_keys: Mapping[str, str]
    files: tuple[File, ...]
    schema_version: int = SCHEMA_VERSION
    release_sha256: str | None = None

    def sealed(self) -> Manifest:
        """The same with its `release_sha256`."""
        return replace(self, release_sha256=hashlib.sha256(self._body()).hexdigest())

    def is_announced_as(self, sha256: str) -> bool:
        """Whether this is the release whose hash its publisher announced.

        Of a release of version 0.1 that is the hash of its content.

        Raises:
            AnnotateError: As in `announced_hash`.
        """
        own = self.content_sha256 if self.schema_version == 1 else self.release_sha256
        return own == announced_hash(sha256)

    def to_bytes(self) -> bytes:
        """The manifest as written: one file per line, so that a diff of two is readable."""
        if self.release_sha256 is None:
            return self._body()
        return b'{\n "release_sha256": "%s",\n' % self.release_sha256.encode() + self._body()[2:]

    def _body(self) -> bytes:
        head = {
            "schema_version": self.schema_version,
            "version": self.version,
            "content_sha256": self.content_sha256,
            "counts": dict(self.counts),
            "step_keys": dict(self.step_keys),
        }
        files = ",\n".join(
            json.dumps({"path": file.path, "bytes": file.bytes, "sha256": file.sha256})
            for file in self.files
        )
        opening = json.dumps(head, indent=1, sort_keys=True).removesuffix("\n}")
        return opening.encode() + FILES + files.encode() + _END


def announced_hash(text: str) -> str:
    """A hash as somebody typed it, in the manifests' form.

    Raises:
        AnnotateError: It is invalid.
    """
    plain = text.strip().lower()
    if not _SHA256.fullmatch(plain):
        raise AnnotateError(
            f"{text!r} is no SHA-256, which has 64 digits of 0-9 and a-f: give the release's hash "
            "as `annotate release create` printed it"
        )
    return plain


def content_hash(files: Iterable[File]) -> str:
    """SHA-256 of a line `SHA256  PATH` for each file in order of path, the viewer left out."""
    lines = (f"{file.sha256}  {file.path}\n" for file in sorted(files) if file.path != VIEWER)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def read_manifest(data: bytes | bytearray, origin: str) -> Manifest:
    """Parse and validate a manifest.

    It is parsed line by line in the one form in which it is written, so that memory is proportional
    to the files that it names.

    Raises:
        AnnotateError: It isn't a manifest, is of a newer kind, contradicts itself, or names files
            that no release has.
    """
    start = data.find(FILES, 0, HEAD_BYTES)
    if len(data) > MANIFEST_BYTES:
        raise AnnotateError(f"{origin}: {MANIFEST} is longer than any release's")
    if _schema_version(data) > SCHEMA_VERSION:
        raise AnnotateError(f"{origin}: made by a newer version; upgrade with `pip install -U`")
    try:
        if start < 0:
            raise ValueError("no files")
        head = json.loads(bytes(data[:start]) + b"\n}", object_pairs_hook=_no_twins)
        files = _read_files(data, start + len(FILES), origin)
        manifest = _read_head(head, files)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AnnotateError(f"{origin}: {MANIFEST} is damaged; fetch the release again") from error
    if not _is_consistent(manifest, data):
        raise AnnotateError(f"{origin}: {MANIFEST} contradicts itself; fetch the release again")
    return manifest


def _read_head(head: Mapping[str, Any], files: list[File]) -> Manifest:
    """The manifest, or an error where something isn't of its type."""
    counts, keys = head["counts"], head["step_keys"]
    whole = all(isinstance(count, int) and count >= 0 for count in counts.values())
    plain = all(isinstance(key, str) for key in keys.values())
    known = head["schema_version"] in (1, SCHEMA_VERSION) and is_version(head["version"])
    if not (whole and plain and known and _SHA256.fullmatch(head["content_sha256"])):
        raise ValueError("not of its type")
    return Manifest(
        version=head["version"],
        content_sha256=head["content_sha256"],
        counts=counts,
        step_keys=keys,
        files=tuple(sorted(files)),
        schema_version=int(head["schema_version"]),
        release_sha256=head["release_sha256"] if head["schema_version"] > 1 else None,
    )


def _read_files(data: bytes | bytearray, at: int, origin: str) -> list[File]:
    files: list[File] = []
    last = len(data) - at == len(_END) and data.endswith(_END)
    while not last:
        found = _FILE.match(data, at)
        if found is None:
            raise ValueError("not a file")
        if len(files) == MAX_FILES:
            raise AnnotateError(f"{origin}: {MANIFEST} names more than {MAX_FILES:,} files")
        file = File(path=found[1].decode(), bytes=int(found[2]), sha256=found[3].decode())
        if not is_release_file(file.path):
            raise AnnotateError(f"{origin}: {MANIFEST} names {file.path!r}, which no release has")
        files.append(file)
        at, last = found.end(), found[4] == _END
    if files and at != len(data):
        raise ValueError("more than files")
    if twin := twins(file.path for file in files):
        raise AnnotateError(f"{origin}: {MANIFEST} names {twin!r} twice")
    return files


def _is_consistent(manifest: Manifest, data: bytes | bytearray) -> bool:
    if content_hash(manifest.files) != manifest.content_sha256:
        return False
    if manifest.schema_version == 1:
        return True
    seal = _SEAL.match(data)
    if seal is None:
        return False
    rest = hashlib.sha256(b"{\n")
    rest.update(memoryview(data)[seal.end() :])
    return rest.hexdigest() == manifest.release_sha256 == seal[1].decode()


def _schema_version(data: bytes | bytearray) -> int:
    """The manifest's schema version, even where the rest can't be read; 0 without one."""
    found = re.search(rb'"schema_version": ?([0-9]{1,6})\b', data[:HEAD_BYTES])
    return int(found[1]) if found else 0


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a key occurs twice")
    return dict(pairs)
