"""A small lake and the folder of a small Label Studio server, for tests of backups."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from annotate.archive.make import Made, Progress, back_up
from annotate.archive.record import Backup
from annotate.archive.restore import Restored, restore
from annotate.archive.target import What
from annotate.model.tables import Images, Recordings
from annotate.store.lake import Lake
from annotate.store.location import LakeLocation
from annotate.store.pseudonyms import Pseudonyms
from tests.builders import a_recording, an_image, frame


@dataclass(frozen=True)
class Installation:
    """The paths of one installation."""

    root: Path

    @property
    def lake(self) -> Lake:
        return Lake(self.root / "lake")

    @property
    def data(self) -> Path:
        return self.root / "studio"

    def what(self, environment: Mapping[str, str] | None = None) -> What:
        location = LakeLocation(str(self.root / "lake"), {})
        settings = self.root / "annotate.toml"
        return What(lake=location, data=self.data, settings=settings, environment=environment or {})

    def back_up(self, target: Path, progress: Progress | None = None) -> Made:
        return back_up(self.what(), target, progress)

    def files(self) -> dict[str, bytes]:
        """The content of all files that a backup must restore, except the database."""
        found = {}
        for part in ("lake", "studio"):
            for folder, _, names in os.walk(self.root / part):
                for name in names:
                    at = Path(folder) / name
                    found[str(at.relative_to(self.root))] = at.read_bytes()
        left_out = ("staging", "tables/claims", ".sqlite3", "server.", "studio/lock", "add-on")
        return {
            path: data for path, data in found.items() if not any(one in path for one in left_out)
        }


def restore_to(backup: Backup, home: Installation) -> Restored:
    return restore(backup, home.root / "lake", home.data)


def an_installation(root: Path) -> Installation:
    """An installation with some data in the lake and in Label Studio."""
    home = Installation(root)
    lake = home.lake
    blob = lake.blobs.put("audio", b"sound", "webm")
    add_image(lake, "a")
    lake.append(Recordings, frame(Recordings, [a_recording("a", blob=blob)]))
    Pseudonyms(lake).of("ann@example.com")
    lake.blobs.write("staging/half", b"half written")
    home.data.mkdir(mode=0o700)
    for name in ("admin.json", "token", "webhook-secret", ".env", "server.json", "server.log"):
        (home.data / name).write_text(f"content of {name}")
        (home.data / name).chmod(0o600)
    (home.data / "recordings").mkdir(mode=0o700)
    (home.data / "recordings" / "0123.webm").write_bytes(b"not yet ingested")
    (home.data / "media" / "upload").mkdir(parents=True)
    (home.data / "media" / "upload" / "cat.jpg").write_bytes(b"a cat")
    (home.data / "media" / "upload" / "cat.jpg").chmod(0o644)
    (root / "annotate.toml").write_text('lake = "lake"\n')
    decide(home, "accept")
    return home


def add_image(lake: Lake, name: str) -> None:
    """Add a row of an image and its blob."""
    lake.blobs.put("images", name.encode(), "jpg")
    lake.append(Images, frame(Images, [an_image(name)]))


def decide(home: Installation, decision: str) -> None:
    """Store a decision in Label Studio's database."""
    with closing(sqlite3.connect(home.data / "label_studio.sqlite3")) as database, database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE IF NOT EXISTS decisions (what TEXT)")
        database.execute("INSERT INTO decisions VALUES (?)", (decision,))


def decisions(data: Path) -> list[str]:
    with closing(sqlite3.connect(data / "label_studio.sqlite3")) as database:
        return [what for (what,) in database.execute("SELECT what FROM decisions")]
