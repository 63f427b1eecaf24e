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

ELSEWHERE = "elsewhere-0123abcd:1:1"
"""A process on another machine, for which it is unknown whether it is running."""


def items(names: str) -> pl.DataFrame:
    return pl.DataFrame({"item": list(names), "step_key": "key"})


def claimed(claims: Leases) -> list[str]:
    return sorted(claims.read().claimed["item"])


def until(lake: Lake) -> list[datetime]:
    """The expiry time of every row ever written."""
    table = lake.delta(CLAIMS).open()
    assert table is not None
    return table.scan().select("until").collect()["until"].to_list()


def test_what_is_claimed_is_held_until_given_back(tmp_path: Path) -> None:
    claims = Leases(Lake(tmp_path), "paint")
    name = claims.claim(claims.read(), items("ab"))
    assert name is not None
    with claims.renewed(name, items("ab")):
        assert claimed(claims) == ["a", "b"]
        assert claims.read().workers == 1
    assert claimed(claims) == []


def test_of_two_who_saw_the_same_board_one_gets_it(tmp_path: Path) -> None:
    mine, other = Leases(Lake(tmp_path), "paint"), Leases(Lake(tmp_path), "paint", ELSEWHERE)
    lease_table = mine.read()
    seen = other.read()
    assert other.claim(seen, items("b"))
    assert mine.claim(lease_table, items("a")) is None  # not even another item: read again first
    assert mine.claim(mine.read(), items("a"))
    assert claimed(mine) == ["a", "b"]
    assert mine.read().workers == 2


def test_many_at_once_on_a_lake_that_has_no_claims_yet(tmp_path: Path) -> None:
    together = threading.Barrier(6)

    def race(number: int) -> str | None:
        claims = Leases(Lake(tmp_path), "paint", f"elsewhere-{number}:1:1")
        together.wait()
        return claims.claim(claims.read(), items("a"))

    with ThreadPoolExecutor(6) as pool:
        names = [name for name in pool.map(race, range(6)) if name]
    claims = Leases(Lake(tmp_path), "paint")
    assert len(names) == claims.read().claimed.height
    assert names  # one that saw an earlier lease_table was rejected; the one that committed has it


def test_each_step_and_step_key_is_claimed_for_itself(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    claims = Leases(lake, "paint")
    claims.claim(claims.read(), items("a"))
    assert claimed(Leases(lake, "draw")) == []
    assert claims.read().claimed.rows() == [("a", "key")]


def test_a_lease_that_has_run_out_holds_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for lease_seconds, expected in ((-1.0, []), (60.0, ["a"])):
        expired = Leases(lake, "paint", ELSEWHERE, lease_seconds=lease_seconds)
        expired.claim(expired.read(), items("a"))
        assert claimed(Leases(lake, "paint")) == expected


def test_a_lease_is_renewed_while_the_work_goes_on(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    slow = Leases(lake, "paint", ELSEWHERE, lease_seconds=60.0, renew_seconds=0.01)
    name = slow.claim(slow.read(), items("a"))
    assert name is not None
    first = until(lake)[0]
    with slow.renewed(name, items("a")):
        while len(until(lake)) < 3:
            time.sleep(0.001)
        assert max(until(lake)) > first
        assert claimed(Leases(lake, "paint")) == ["a"]
    assert claimed(Leases(lake, "paint")) == []


def test_the_claims_of_a_killed_process_are_void_at_once(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        doomed = Leases(lake, "paint", worker_name(process.pid))
        doomed.claim(doomed.read(), items("a"))
        assert claimed(Leases(lake, "paint")) == ["a"]
        process.kill()
    assert claimed(Leases(lake, "paint")) == []


def test_the_table_is_as_its_schema_says(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    claims = Leases(lake, "paint")
    claims.claim(claims.read(), items("ab"))
    table = lake.delta(CLAIMS).open()
    assert table is not None
    assert Schema.is_valid(table.scan().collect())


def test_claims_from_before_rows_had_their_commit_s_version_are_read(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    old = pl.DataFrame(
        schema={name: kind for name, kind in claim_dtypes().items() if name != "commit_version"}
    )
    old.write_delta(lake.location.table(CLAIMS))
    claims = Leases(lake, "transcribe")
    assert claims.claim(claims.read(), items("ab")) is None  # the table gets its new column
    assert claims.claim(claims.read(), items("ab")) is not None
    assert claimed(claims) == ["a", "b"]
