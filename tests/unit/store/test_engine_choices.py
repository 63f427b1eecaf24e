"""The first recorded engine is valid; all who record another one get the first."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from annotate.store.engine_choices import ENGINES, record, recorded
from annotate.store.lake import Lake


def test_nothing_is_recorded_in_a_new_lake_and_looking_writes_nothing(tmp_path: Path) -> None:
    assert recorded(Lake(tmp_path), "key") is None
    assert list(tmp_path.iterdir()) == []


def test_the_first_record_of_a_key_stays(tmp_path: Path) -> None:
    first = record(Lake(tmp_path), "key", "annotate", "38 s of audio a second")
    second = record(Lake(tmp_path), "key", "ctranslate2", "40 s of audio a second")
    assert (first.engine, first.reason) == ("annotate", "38 s of audio a second")
    assert second == recorded(Lake(tmp_path), "key") == first


def test_keys_are_independent(tmp_path: Path) -> None:
    record(Lake(tmp_path), "key", "annotate", "")
    assert record(Lake(tmp_path), "other", "ctranslate2", "").engine == "ctranslate2"
    assert recorded(Lake(tmp_path), "third") is None


def test_of_simultaneous_records_all_processes_get_one(tmp_path: Path) -> None:
    barrier = threading.Barrier(4)

    def one(number: int) -> str:
        lake = Lake(tmp_path)
        barrier.wait()
        return record(lake, "key", f"engine {number}", "").engine

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(one, range(4)))
    assert len(found) == 1
    table = Lake(tmp_path).delta(ENGINES).open()
    assert table is not None
    assert table.scan().collect()["engine"].to_list() == list(found)
