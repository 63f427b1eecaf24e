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
from tests.unit.execution.test_step import ExclusivePaint, Paint

pytestmark = pytest.mark.integration


@pytest.fixture(scope="session", autouse=True)
def _server() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=120):
        yield


def test_a_flow_does_what_the_command_line_does(tmp_path: Path) -> None:
    with_flow, without_flow = Lake(tmp_path / "flow"), Lake(tmp_path / "plain")
    run_step(Paint("red", "abcde", reject="b"), without_flow)
    report = run_stage(Paint("red", "abcde", reject="b"), with_flow)
    assert (report.rows_in, report.written, report.quarantined) == (5, 4, {"ugly": 1})
    assert content(with_flow, Images) == content(without_flow, Images)


def test_a_second_flow_run_reuses_everything(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run_stage(Paint("red"), lake)
    second = Paint("red")
    state = run_stage(second, lake, return_state=True)
    assert state.name == "Reused"
    assert second.worked_on == []


def test_a_retried_shard_processes_only_missing_items(tmp_path: Path) -> None:
    lake, step = Lake(tmp_path), Paint("red", "ab")
    shard = plan(step, lake).todo
    run_step(Paint("red", "a"), lake)
    report = work_on_shard.fn(step, lake, shard, "paint 1 of 1")
    assert report.written == 1
    assert len(step.worked_on) == 1


def test_a_flow_skips_items_claimed_by_another_process_and_releases_its_own_claims(
    tmp_path: Path,
) -> None:
    lake, step = Lake(tmp_path), ExclusivePaint("red", "abcde")
    claims = Leases(lake, "paint", "elsewhere-0123abcd:1:1")
    claimed_elsewhere = plan(step, lake).todo.head(2).select(item="image_id", step_key="step_key")
    assert claims.claim(claims.read(), claimed_elsewhere)
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
    second = run_pipeline([str(data)], settings, quiet=True)
    assert [report.reused for report in second] == [1] * 6


def test_the_flow_has_a_parameter_for_each_override() -> None:
    schema = annotate.parameters
    assert list(schema.properties) == ["sources", *DEFINED, "retry_refused", "name"]
    for name, override in DEFINED.items():
        assert schema.properties[name]["description"] == override.help
        types = {one["type"] for one in schema.properties[name]["anyOf"]}
        assert types == {{str: "string", int: "integer", float: "number"}[type_of(name)], "null"}
    assert schema.required == ["sources"]
