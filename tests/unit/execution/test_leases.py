"""The first claim is valid, until its process ends or the lease expires."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import polars as pl

from annotate.execution.leases import Leases
from annotate.execution.process_id import worker_name
from annotate.model.claims import CLAIMS, claim_dtypes
from annotate.model.claims import Claims as Schema
from annotate.store.lake import Lake

OTHER_WORKER = "other-0123abcd:1:1"
"""A worker on another machine; whether it is running is unknown."""


def items(names: str) -> pl.DataFrame:
    return pl.DataFrame({"item": list(names), "step_key": "key"})


def claimed(claims: Leases) -> list[str]:
    return sorted(claims.read().claimed["item"])


def expiry_times(lake: Lake) -> list[datetime]:
    """The expiry time of every row ever written."""
    table = lake.delta(CLAIMS).open()
    assert table is not None
    return table.scan().select("until").collect()["until"].to_list()


def test_claimed_items_are_held_until_released(tmp_path: Path) -> None:
    claims = Leases(Lake(tmp_path), "paint")
    name = claims.claim(claims.read(), items("ab"))
    assert name is not None
    with claims.renewed(name, items("ab")):
        assert claimed(claims) == ["a", "b"]
        assert claims.read().workers == 1
    assert claimed(claims) == []


def test_of_two_claims_on_the_same_version_one_succeeds(tmp_path: Path) -> None:
    own, other = Leases(Lake(tmp_path), "paint"), Leases(Lake(tmp_path), "paint", OTHER_WORKER)
    lease_table = own.read()
    other_table = other.read()
    assert other.claim(other_table, items("b"))
    assert own.claim(lease_table, items("a")) is None  # not even another item: read again first
    assert own.claim(own.read(), items("a"))
    assert claimed(own) == ["a", "b"]
    assert own.read().workers == 2


def test_concurrent_first_claims_on_a_new_lake(tmp_path: Path) -> None:
    barrier = threading.Barrier(6)

    def race(number: int) -> str | None:
        claims = Leases(Lake(tmp_path), "paint", f"other-{number}:1:1")
        barrier.wait()
        return claims.claim(claims.read(), items("a"))

    with ThreadPoolExecutor(6) as pool:
        names = [name for name in pool.map(race, range(6)) if name]
    claims = Leases(Lake(tmp_path), "paint")
    assert len(names) == claims.read().claimed.height
    assert names  # a claim on an older version of the table is rejected


def test_claims_are_per_step_and_step_key(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    claims = Leases(lake, "paint")
    claims.claim(claims.read(), items("a"))
    assert claimed(Leases(lake, "draw")) == []
    assert claims.read().claimed.rows() == [("a", "key")]


def test_an_expired_lease_holds_no_items(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for lease_seconds, expected in ((-1.0, []), (60.0, ["a"])):
        expired = Leases(lake, "paint", OTHER_WORKER, lease_seconds=lease_seconds)
        expired.claim(expired.read(), items("a"))
        assert claimed(Leases(lake, "paint")) == expected


def test_a_lease_is_renewed_during_the_work(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    slow = Leases(lake, "paint", OTHER_WORKER, lease_seconds=60.0, renew_seconds=0.01)
    name = slow.claim(slow.read(), items("a"))
    assert name is not None
    first = expiry_times(lake)[0]
    with slow.renewed(name, items("a")):
        while len(expiry_times(lake)) < 3:
            time.sleep(0.001)
        assert max(expiry_times(lake)) > first
        assert claimed(Leases(lake, "paint")) == ["a"]
    assert claimed(Leases(lake, "paint")) == []


def test_the_claims_of_a_killed_process_are_void(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        killed = Leases(lake, "paint", worker_name(process.pid))
        killed.claim(killed.read(), items("a"))
        assert claimed(Leases(lake, "paint")) == ["a"]
        process.kill()
    assert claimed(Leases(lake, "paint")) == []


def test_the_table_matches_its_schema(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    claims = Leases(lake, "paint")
    claims.claim(claims.read(), items("ab"))
    table = lake.delta(CLAIMS).open()
    assert table is not None
    assert Schema.is_valid(table.scan().collect())


def test_a_table_without_commit_versions_is_migrated(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    old = pl.DataFrame(
        schema={name: kind for name, kind in claim_dtypes().items() if name != "commit_version"}
    )
    old.write_delta(lake.location.table(CLAIMS))
    claims = Leases(lake, "transcribe")
    assert claims.claim(claims.read(), items("ab")) is None  # the table gets its new column
    assert claims.claim(claims.read(), items("ab")) is not None
    assert claimed(claims) == ["a", "b"]
