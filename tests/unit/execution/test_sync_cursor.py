"""The sync cursor of a project is written after the tasks that were read."""

from datetime import UTC, datetime
from pathlib import Path

from annotate.execution.sync_cursor import SyncCursor
from annotate.model.tables import Places
from annotate.store.lake import Lake


def tasks(*minutes: int) -> list[dict[str, object]]:
    """Tasks as the server lists them, changed at these minutes."""
    return [
        {
            "id": at,
            "updated_at": f"2026-01-01T12:{minute:02}:00+02:00",
            "data": {},
            "annotations": [],
        }
        for at, minute in enumerate(minutes)
    ]


def at(minute: int) -> datetime:
    return datetime(2026, 1, 1, 10, minute, tzinfo=UTC)


def test_an_unread_project_has_no_cursor(tmp_path: Path) -> None:
    assert SyncCursor(Lake(tmp_path), "p", "k").seen_until is None


def test_the_newest_change_is_written_only_at_the_commit(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    cursor = SyncCursor(lake, "p", "k")
    batches = list(cursor.batches(tasks(3, 9, 5), 2))
    assert [[task.id for task in batch] for batch in batches] == [[0, 1], [2]]
    assert SyncCursor(lake, "p", "k").seen_until is None
    cursor.commit()
    assert SyncCursor(lake, "p", "k").seen_until == at(9)
    assert SyncCursor(lake, "q", "k").seen_until is None


def test_the_cursor_is_written_only_if_it_advances(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for minutes in ((9,), (9,), (4,), ()):
        cursor = SyncCursor(lake, "p", "k")
        list(cursor.batches(tasks(*minutes), 10))
        cursor.commit()
    assert lake.scan(Places).collect().height == 1
    assert SyncCursor(lake, "p", "k").seen_until == at(9)


def test_a_listing_is_read_lazily(tmp_path: Path) -> None:
    def listed():  # type: ignore[no-untyped-def]
        yield from tasks(1, 2)
        raise AssertionError("read further than the batch needs")

    first = next(SyncCursor(Lake(tmp_path), "p", "k").batches(listed(), 2))
    assert len(first) == 2
