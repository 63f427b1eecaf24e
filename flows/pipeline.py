"""The whole pipeline as a flow: ingest each source, then every stage in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.settings import PREFECT_LOGGING_LEVEL, temporary_settings

from annotate import pipeline as wiring
from annotate.model.report import StepReport
from annotate.settings import Settings, load
from annotate.store.lake import Lake
from annotate.store.step import Step
from flows.stage import run_stage


@flow(name="annotate", persist_result=False)
def annotate(
    sources: list[str], lake: str | None = None, model: str | None = None, device: str = "auto"
) -> list[dict[str, Any]]:
    """From folders of recordings to captions ready for release.

    Args:
        sources: Folders with a `manifest.jsonl`; may be empty, to work on what is there.
        lake: Where the tables are; the settings' own by default.
        model: The recognizer's name or path, likewise.
        device: `auto`, `cpu` or `cuda`.
    """
    reports = _stages(sources, load(lake=lake, model=model, device=device))
    rows = [report.to_json() for report in reports]
    create_table_artifact(
        key="annotate-report",
        table=[{**row, "quarantined": sum(row["quarantined"].values())} for row in rows],
        description="What each stage did",
    )
    return rows


def run_pipeline(sources: Sequence[str], settings: Settings, *, quiet: bool) -> list[StepReport]:
    """Run the flow from the command line, on the server that Prefect is set to use."""
    with temporary_settings({PREFECT_LOGGING_LEVEL: "ERROR" if quiet else "INFO"}):
        rows = annotate(
            list(sources),
            settings.lake,
            settings.transcribe.model,
            settings.transcribe.device,
        )
    return [StepReport(**row) for row in rows]


def _stages(sources: Sequence[str], settings: Settings) -> list[StepReport]:
    lake = wiring.open_lake(settings)
    run: Callable[[Step, Lake], StepReport] = run_stage  # a flow's own type forgets its result
    return [run(step, lake) for step in wiring.steps(sources, settings)]


if __name__ == "__main__":
    annotate.serve(name="annotate")
