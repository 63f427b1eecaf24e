"""The whole pipeline as a flow: ingest each source, then every stage in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.settings import PREFECT_LOGGING_LEVEL, temporary_settings

from annotate import pipeline as wiring
from annotate.execution.step import Step
from annotate.model.report import StepReport
from annotate.settings import Settings, load
from annotate.store.lake import Lake
from flows.stage import run_stage


@flow(name="annotate", persist_result=False)
def annotate(
    sources: list[str],
    lake: str | None = None,
    model: str | None = None,
    engine: str | None = None,
    device: str | None = None,
    language: str | None = None,
    initial_prompt: str | None = None,
    batch_windows: int | None = None,
    gpu_hour_price: float | None = None,
    retry_refused: bool = False,
    name: str | None = None,
) -> list[dict[str, Any]]:
    """From folders of recordings to captions for release; the settings say what isn't given.

    Args:
        sources: Folders with a `manifest.jsonl`; may be empty, to work on what is there.
        lake: Where the tables are.
        model: The recognizer's name or path.
        engine: What runs it: `annotate`, `stock` or `ctranslate2`.
        device: `auto`, `cpu` or `cuda`.
        language: What is spoken, as an ISO 639-1 code.
        initial_prompt: Words to expect, as a sentence.
        batch_windows: Windows of speech at once; changes the speed alone.
        gpu_hour_price: What an hour of the device costs, in any money.
        retry_refused: Whether to try again what was refused, though nothing has changed.
        name: What the one source, a folder, is called in the lake.
    """
    settings = load(
        lake=lake,
        model=model,
        engine=engine,
        device=device,
        language=language,
        initial_prompt=initial_prompt,
        batch_windows=batch_windows,
        gpu_hour_price=gpu_hour_price,
    )
    reports = _stages(wiring.named(sources, name), settings, retry_refused)
    return _show([report.to_json() for report in reports])


def run_pipeline(
    sources: Sequence[str],
    settings: Settings,
    *,
    name: str | None = None,
    retry_refused: bool = False,
    quiet: bool,
) -> list[StepReport]:
    """Run the flow from the command line, on the server that Prefect is set to use."""
    chosen = settings.transcribe
    with temporary_settings({PREFECT_LOGGING_LEVEL: "ERROR" if quiet else "INFO"}):
        rows = annotate(
            list(sources),
            lake=settings.lake,
            model=chosen.model,
            engine=chosen.engine,
            device=chosen.device,
            language=chosen.decoding.language,
            initial_prompt=chosen.decoding.initial_prompt,
            batch_windows=chosen.batch_windows,
            gpu_hour_price=chosen.gpu_hour_price,
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
