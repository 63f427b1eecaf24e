"""One stage as a flow: its plan, then one task a shard.

The tables are the truth and Prefect is the display: nothing is cached or persisted here, since a
shard that is run again finds in the tables what is done. Retries are for input and output that
failed; a recording that can't be read is a row in quarantine, never a failed task.
"""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any

import polars as pl
from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.tasks import exponential_backoff

from annotate.execution.planning import plan, remaining
from annotate.execution.runner import planned_report, run_shard, shards
from annotate.execution.step import Step
from annotate.model.report import StepReport
from annotate.store.lake import Lake

ONE_AT_A_TIME: Any = ThreadPoolTaskRunner(max_workers=1)
"""A shard uses every core, or the GPU, by itself."""


@task(
    task_run_name="{shard_name}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=3,
    retry_delay_seconds=exponential_backoff(2),
    retry_jitter_factor=0.5,
)
def work_on_shard(step: Step, lake: Lake, shard: pl.DataFrame, shard_name: str) -> StepReport:
    """Work on one shard. Run again after a failure it does only what is missing."""
    return run_shard(step, lake, remaining(step, lake, shard))


@flow(
    name="stage",
    flow_run_name="{step.name}",
    validate_parameters=False,
    persist_result=False,
    task_runner=ONE_AT_A_TIME,
)
def run_stage(step: Step, lake: Lake) -> Any:
    """Plan the stage and work on its shards, one after the other."""
    started = time.monotonic()
    work = plan(step, lake)
    total = planned_report(step, work)
    get_run_logger().info("%s: %d to do, %d done before", step.name, work.todo.height, work.reused)
    if work.todo.is_empty():
        return reused(total)

    def forward(report: StepReport) -> None:
        nonlocal total
        total += report

    with closing(shards(step, lake, work, forward)) as claimed:
        for number, shard in enumerate(claimed, 1):
            name = f"{step.name} {number}: {shard.height} of {work.todo.height}"
            total += work_on_shard.submit(step, lake, shard, name).result()
    return total + StepReport(step=step.name, seconds=time.monotonic() - started - total.seconds)


def reused(report: StepReport) -> State[StepReport]:
    """A state that says at a glance that there was nothing to do."""
    return Completed(name="Reused", message=f"{report.reused} done before", data=report)
