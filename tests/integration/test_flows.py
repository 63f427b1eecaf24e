"""The same steps as Prefect flows, on a real (temporary) Prefect server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.testing.utilities import prefect_test_harness

from annotate.execution.leases import Leases
from annotate.execution.planning import plan
from annotate.execution.runner import run_step
from annotate.model.tables import Images
from annotate.overrides import DEFINED, type_of
from annotate.settings import load
from annotate.store.lake import Lake, content
from flows.pipeline import annotate, run_pipeline
from flows.stage import run_stage, work_on_shard
from tests.e2e.small_demo import write_small_demo
from tests.unit.execution.test_step import Paint, Shared

pytestmark = pytest.mark.integration


@pytest.fixture(scope="session", autouse=True)
def _server() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=120):
        yield


def test_a_flow_does_what_the_command_line_does(tmp_path: Path) -> None:
    flowing, plain = Lake(tmp_path / "flow"), Lake(tmp_path / "plain")
    run_step(Paint("red", "abcde", reject="b"), plain)
    report = run_stage(Paint("red", "abcde", reject="b"), flowing)
    assert (report.rows_in, report.written, report.quarantined) == (5, 4, {"ugly": 1})
    assert content(flowing, Images) == content(plain, Images)


def test_a_second_flow_is_reused(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run_stage(Paint("red"), lake)
    again = Paint("red")
    state = run_stage(again, lake, return_state=True)
    assert state.name == "Reused"
    assert again.worked_on == []


def test_a_shard_tried_again_does_only_what_is_missing(tmp_path: Path) -> None:
    lake, step = Lake(tmp_path), Paint("red", "ab")
    shard = plan(step, lake).todo
    run_step(Paint("red", "a"), lake)
    report = work_on_shard.fn(step, lake, shard, "paint 1 of 1")
    assert report.written == 1
    assert len(step.worked_on) == 1


def test_a_flow_shares_the_work_with_others_and_gives_back_what_it_claimed(tmp_path: Path) -> None:
    lake, step = Lake(tmp_path), Shared("red", "abcde")
    claims = Leases(lake, "paint", "elsewhere-0123abcd:1:1")
    theirs = plan(step, lake).todo.head(2).select(item="image_id", step_key="step_key")
    assert claims.claim(claims.read(), theirs)
    report = run_stage(step, lake)
    assert (report.rows_in, report.written, report.elsewhere) == (5, 3, 2)
    assert 0 < report.work_seconds <= report.seconds
    assert report.cost > 0
    assert step.loaded == 1
    assert Leases(lake, "paint").read().claimed.height == 2


def test_the_whole_pipeline_as_a_flow(tmp_path: Path) -> None:
    data = write_small_demo(tmp_path / "small", names=("cat-01",))
    settings = load(lake=str(tmp_path / "lake"))
    reports = run_pipeline([str(data)], settings, quiet=True)
    names = [report.step for report in reports]
    assert names == ["ingest", "transcribe", "align", "check", "caption", "review"]
    assert [report.written for report in reports] == [1] * 6
    again = run_pipeline([str(data)], settings, quiet=True)
    assert [report.reused for report in again] == [1] * 6


def test_the_flow_has_a_parameter_for_each_override() -> None:
    schema = annotate.parameters
    assert list(schema.properties) == ["sources", *DEFINED, "retry_refused", "name"]
    for name, override in DEFINED.items():
        assert schema.properties[name]["description"] == override.help
        kinds = {one["type"] for one in schema.properties[name]["anyOf"]}
        assert kinds == {{str: "string", int: "integer", float: "number"}[type_of(name)], "null"}
    assert schema.required == ["sources"]
