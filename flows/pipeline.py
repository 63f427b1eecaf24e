"""The whole pipeline as a flow: ingest each source, then every stage in order."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.settings import PREFECT_LOGGING_LEVEL, temporary_settings

from annotate import pipeline as wiring
from annotate.execution.step import Step
from annotate.model.report import StepReport
from annotate.overrides import DEFINED, Overrides, expanded, optional
from annotate.settings import Settings, load
from annotate.store.lake import Lake
from flows.stage import run_stage


def _annotate(
    sources: list[str],
    overrides: Overrides,
    retry_refused: bool = False,
    name: str | None = None,
) -> list[dict[str, Any]]:
    """From folders of recordings to captions for release; settings apply where nothing is given.

    Args:
        sources: Folders with a `manifest.jsonl`; may be empty, to process what the lake contains.
        retry_refused: Whether to process rejected items again, though nothing has changed.
        name: What the one source, a folder, is called in the lake.
    """
    settings = load(overrides)
    reports = _stages(wiring.named(sources, name), settings, retry_refused)
    return _show([report.to_json() for report in reports])


# Prefect takes a flow's parameters from its signature, and their descriptions from its docstring.
_annotate.__doc__ = (inspect.getdoc(_annotate) or "") + "".join(
    f"\n    {name}: {one.help}" for name, one in DEFINED.items()
)
annotate = flow(name="annotate", persist_result=False)(
    expanded(tuple(DEFINED), optional)(_annotate)
)


def run_pipeline(
    sources: Sequence[str],
    settings: Settings,
    *,
    name: str | None = None,
    retry_refused: bool = False,
    quiet: bool,
) -> list[StepReport]:
    """Run the flow from the command line, on the server that Prefect is set to use."""
    with temporary_settings({PREFECT_LOGGING_LEVEL: "ERROR" if quiet else "INFO"}):
        rows = annotate(
            list(sources),
            **Overrides.of(settings).values(),
            retry_refused=retry_refused,
            name=name,
        )
    return [StepReport.from_json(row) for row in rows]


def _show(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Show what each stage did as a table in Prefect's interface."""
    create_table_artifact(
        key="annotate-report",
        table=[{**row, "quarantined": sum(row["quarantined"].values())} for row in rows],
        description="What each stage did",
    )
    return rows


def _stages(
    sources: Sequence[wiring.AnySource], settings: Settings, retry_refused: bool
) -> list[StepReport]:
    lake = wiring.open_lake(settings)
    run: Callable[[Step, Lake], StepReport] = run_stage  # a flow's own type forgets its result
    with wiring.steps(sources, settings) as steps:
        for step in steps:
            step.retry_refused = retry_refused
        return [run(step, lake) for step in steps]


if __name__ == "__main__":
    annotate.serve(name="annotate")
