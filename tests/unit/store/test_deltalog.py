"""A damaged table is reported in one line with the file's name; no loss is silent."""

import gc
import shutil
from pathlib import Path

import pytest
from deltalake import DeltaTable

from annotate.model.errors import AnnotateError
from annotate.model.tables import Images
from annotate.store import deltalog
from annotate.store.diagnosis import of_a_table
from annotate.store.lake import Lake
from annotate.store.location import LOG
from tests.builders import an_image, frame
from tests.unit.store.damage import (
    DAMAGE,
    commits,
    data_file,
    lose_the_end_of_a_commit,
    lose_the_last_commit,
)

ODD_NAME = "My Projects #1"


@pytest.fixture(params=["plain", ODD_NAME])
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A lake with a table of three commits with rows."""
    folder = tmp_path / request.param
    for name in "abc":
        write(folder, name)
    return folder


def write(root: Path, name: str) -> None:
    assert Lake(root).append(Images, frame(Images, [an_image(name)])).is_empty()


def names(root: Path) -> list[str]:
    return sorted(Lake(root).read(Images)["name"])


def message_of(root: Path) -> str:
    """The error message when the table is read."""
    gc.collect()  # so that damaged lakes of other tests are not open
    try:
        Lake(root).read(Images)
    except AnnotateError as error:
        return str(error)
    except BaseException as error:  # a panic isn't an Exception
        return str(of_a_table(error))
    return "nothing"


@pytest.mark.parametrize("damage", DAMAGE)
def test_the_error_names_the_damaged_file_and_a_remedy(root: Path, damage: str) -> None:
    where = DAMAGE[damage](root / "tables" / "images")
    message = message_of(root)
    assert str(where) in message
    assert "restore it from a backup" in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("lose", [lose_the_last_commit, lose_the_end_of_a_commit])
def test_a_lost_last_commit_is_detected(root: Path, lose) -> None:  # type: ignore[no-untyped-def]
    table = root / "tables" / "images"
    lose(table)
    older = DeltaTable(table) if root.name == "plain" else None  # Delta Lake doesn't detect it
    assert older is None or len(older.file_uris()) == 2
    assert "part of _delta_log is lost" in message_of(root)
    with pytest.raises(AnnotateError, match="_committed"):
        write(root, "d")  # nor does a new commit replace the lost one
    shutil.rmtree(table / deltalog.NOTES)
    assert names(root) == ["a.jpg", "b.jpg"]
    write(root, "d")
    assert names(root) == ["a.jpg", "b.jpg", "d.jpg"]


def test_a_lost_log_is_detected(root: Path) -> None:
    for path in (root / "tables" / "images" / LOG).iterdir():
        path.unlink()
    assert "part of _delta_log is lost" in message_of(root)


def test_a_table_can_be_deleted_deliberately(root: Path) -> None:
    shutil.rmtree(root / "tables" / "images")
    with pytest.raises(AnnotateError, match="to go on without its rows"):
        names(root)
    (root / "tables" / deltalog.NOTES / "images").unlink()
    assert names(root) == []
    write(root, "d")
    assert names(root) == ["d.jpg"]


def test_a_kill_between_commit_and_note_is_not_an_error(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as before_the_note:
        before_the_note.setattr(deltalog, "note", killed)
        with pytest.raises(KeyboardInterrupt):
            write(root, "d")
    assert names(root) == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    write(root, "e")
    assert len(names(root)) == 5
    assert deltalog.newest_noted(str(root / "tables" / "images")) == (5, 5)


def test_late_or_unordered_notes_are_not_an_error(root: Path) -> None:
    table = str(root / "tables" / "images")
    deltalog.note(table, 2, 2)  # of a slower process
    assert deltalog.newest_noted(table) == (3, 3)
    assert len(names(root)) == 3
    write(root, "d")
    assert [path.name for path in (Path(table) / deltalog.NOTES).iterdir()] == [f"{4:020d}-4"]


def test_a_commit_made_while_the_table_is_opened_is_not_an_error(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = deltalog.newest_noted

    def slow(table: str) -> tuple[int, int] | None:
        found = original(table)
        monkeypatch.setattr(deltalog, "newest_noted", original)
        write(root, "d")
        return found

    monkeypatch.setattr(deltalog, "newest_noted", slow)
    assert len(names(root)) == 4


def test_unwritable_notes_lose_no_rows(root: Path) -> None:
    notes = root / "tables" / "images" / deltalog.NOTES
    shutil.rmtree(notes)
    notes.write_text("a file where the folder of notes should be")
    write(root, "d")
    assert len(names(root)) == 4


def test_a_commit_repeated_by_the_file_system_counts_once(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network file system may repeat a request and then find its own file."""
    table = root / "tables" / "images"
    create = DeltaTable.create_write_transaction

    def repeated(*args: object, **more: object) -> None:
        create(*args, **more)  # type: ignore[arg-type]
        create(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(DeltaTable, "create_write_transaction", repeated)
    write(root, "d")
    assert len(names(root)) == 4
    assert len(commits(table)) == 5


def test_files_of_a_failed_commit_are_deleted(root: Path) -> None:
    table = root / "tables" / "images"
    before = Lake(root).delta("images").open()
    assert before is not None
    write(root, "d")
    assert not before.append(Lake(root).read(Images).drop("commit_version"))
    assert len(list(table.glob("*.parquet"))) == 4


def test_a_log_with_checkpoints_is_read(tmp_path: Path) -> None:
    write(tmp_path, "a")
    table = tmp_path / "tables" / "images"
    DeltaTable(table).create_checkpoint()
    write(tmp_path, "b")
    for covered in commits(table)[:2]:
        covered.write_bytes(b"")  # these are not read any more
    assert names(tmp_path) == ["a.jpg", "b.jpg"]
    assert data_file(table).exists()
    commits(table)[2].write_bytes(b"")
    assert "is empty" in message_of(tmp_path)
