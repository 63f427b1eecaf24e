"""Compare speech recognition engines on the same audio and weights: `python benchmarks/asr.py`.

benchmarks/README.md describes the engines and the measurements.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from annotate.media.audio import RATE, decode
from annotate.model.errors import AnnotateError
from benchmarks.recognizers import mlperf_report, report, worker
from benchmarks.recognizers.engine_task import EngineTask

DEFAULT_ENGINES = (
    "annotate",
    "stock",
    "faster-whisper",
    "faster-whisper-int8",
    "faster-whisper-batched",
    "faster-whisper-batched-int8",
    "transformers",
)
DEMO = Path(__file__).parents[1] / "data" / "demo"
MLPERF = "mlperf"
"""The engine of a run by MLPerf's rules, which has a program of its own."""
AUDIO_SUFFIXES = {".webm", ".ogg", ".m4a", ".wav", ".mp3", ".flac"}

console = Console(stderr=True)


def main(
    engines: Annotated[str, typer.Option(help="Comma-separated.")] = ",".join(DEFAULT_ENGINES),
    recordings: Annotated[Path, typer.Option(help="Folder of audio files.")] = DEMO / "recordings",
    truth: Annotated[Path, typer.Option(help="Folder of their true words.")] = DEMO / "truth",
    model: Annotated[str, typer.Option(help="`demo`, a Whisper model, or a path.")] = "demo",
    device: Annotated[str, typer.Option(help="`auto`, `cpu` or `cuda`.")] = "auto",
    threads: Annotated[int, typer.Option(help="CPU threads; 0 for one per core.")] = 0,
    batch_size: Annotated[int, typer.Option(help="For the other engines that batch.")] = 8,
    limit: Annotated[int, typer.Option(help="Number of recordings; 0 for all.")] = 0,
    repeat: Annotated[int, typer.Option(help="Times that each recording is used.")] = 1,
    warm_up: Annotated[int, typer.Option(help="Recordings before the timing starts.")] = 1,
    random_weights: Annotated[
        str | None, typer.Option(help="A Whisper size with random weights: speed only.")
    ] = None,
    tokens_per_window: Annotated[int, typer.Option(help="With random weights.")] = 110,
    mlperf: Annotated[
        bool, typer.Option("--mlperf", help="Only this engine, by MLPerf's rules for Whisper.")
    ] = False,
    mlperf_batch: Annotated[
        int, typer.Option(help="With --mlperf: windows in a batch; 0 for what fits.")
    ] = 0,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Run every engine in its own process and compare the figures."""
    names = parse_engines(engines)
    task = EngineTask(
        engine=MLPERF if mlperf else "",
        recordings=list_recordings(recordings)[: limit or None],
        repeat=repeat,
        warm_up=warm_up,
        model=model,
        device=resolve_device(device),
        threads=threads or len(os.sched_getaffinity(0)),
        batch_size=mlperf_batch if mlperf else batch_size,
    )
    figures = measure(task, names, truth, random_weights, tokens_per_window)
    (mlperf_report if mlperf else report).show(figures)
    if as_json:
        as_json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


def measure(
    task: EngineTask, engines: list[str], truth: Path, random_weights: str | None, tokens: int
) -> dict[str, Any]:
    """The report: MLPerf's if that is the task's engine.

    Args:
        truth: Folder of the true words, which random weights are not compared with.
        tokens: How many of them random weights give in each window.
    """
    mlperf, model = task.engine == MLPERF, task.model
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if random_weights:
            # Without timestamps a window begins with a word: one token of those reserved less.
            checkpoint = with_random_weights(random_weights, tokens + int(mlperf), folder)
            task = replace(task, model=str(checkpoint), temperatures=(0.0,), random_weights=True)
        true_words = None if random_weights else report.read_truth(truth)
        if mlperf:
            figures = by_mlperf_rules(task, true_words, folder)
        else:
            task = with_ctranslate2_weights(task, engines)
            figures = compare(task, engines, true_words or {}, folder)
    figures["model"] = f"{random_weights} with random weights" if random_weights else model
    figures["tokens_per_window"] = tokens if random_weights else None
    return figures


def list_recordings(folder: Path) -> tuple[str, ...]:
    """The folder's audio files, by name.

    Raises:
        AnnotateError: If there is none.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix in AUDIO_SUFFIXES)
    if not paths:
        raise AnnotateError(f"no recordings in {folder}: name another folder to --recordings")
    return tuple(map(str, paths))


def parse_engines(names: str) -> list[str]:
    """The engines in a comma-separated list.

    Raises:
        AnnotateError: If a name is unknown.
    """
    engines = [name.strip() for name in names.split(",") if name.strip()]
    for name in engines:
        if name not in worker.ENGINES:
            raise AnnotateError(f"no engine {name!r}: give some of {', '.join(worker.ENGINES)}")
    return engines


def with_ctranslate2_weights(task: EngineTask, engines: list[str]) -> EngineTask:
    """Convert the weights for faster-whisper ahead, so that the conversion isn't timed."""
    if not any(name.startswith("faster-whisper") for name in engines):
        return task
    import annotate.demo_model  # noqa: F401 - registers the demo's checkpoint for `find`
    from annotate.recognizers.checkpoints import find
    from annotate.recognizers.ctranslate2_conversion import converted

    try:
        return replace(task, converted=str(converted(find(task.model))))
    except AnnotateError as error:  # the other engines can still run
        console.print(str(error), markup=False, highlight=False)
        return task


def compare(
    task: EngineTask, engines: list[str], truth: report.Truth, folder: Path
) -> dict[str, Any]:
    """The report without the model's name; `folder` is for the engines' files."""
    seconds = task.repeat * sum(
        len(decode(Path(path).read_bytes()).samples) / RATE for path in task.recordings
    )
    figures: dict[str, dict[str, Any]] = {}
    for name in engines:
        console.print(f"{name} …")
        result = run(replace(task, engine=name), folder)
        figures[name] = report.figures(result, seconds, truth)
    report.add_speed_ratios(figures)
    return {
        "audio_seconds": seconds,
        "recordings": len(task.recordings),
        "repeat": task.repeat,
        "device": task.device,
        "threads": task.threads,
        "decoding": task.decoding.model_dump(mode="json"),
        "engines": figures,
    }


def by_mlperf_rules(task: EngineTask, truth: report.Truth | None, folder: Path) -> dict[str, Any]:
    """The report of a run by MLPerf's rules, without the model's name.

    Args:
        truth: None doesn't compare the texts with true words, wherever these are.

    Raises:
        AnnotateError: If the run failed.
    """
    console.print("MLPerf's rules …")
    result = run(task, folder, Path(worker.__file__).with_name("mlperf.py"))
    if "error" in result:
        raise AnnotateError(f"by MLPerf's rules: {result['error']}")
    true_words = {} if truth is None else mlperf_report.references(task.recordings, truth)
    return {
        **mlperf_report.figures(result, task.repeat, true_words),
        "recordings": len(task.recordings),
        "repeat": task.repeat,
        "device": task.device,
        "threads": task.threads,
    }


def run(task: EngineTask, folder: Path, program: Path = Path(worker.__file__)) -> dict[str, Any]:
    """Run one engine in a new process; an engine that fails gives a result with its error."""
    task_file = folder / f"{task.engine}.task.json"
    result_file = folder / f"{task.engine}.result.json"
    task_file.write_text(task.to_json(), "utf-8")
    command = [sys.executable, str(program), str(task_file), str(result_file)]
    threads = {name: str(task.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    # No downloads: an engine that tries one must not wait for a network.
    offline = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    process = subprocess.run(  # noqa: S603  # this module's own command
        command,
        env=os.environ | threads | offline,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if result_file.is_file():
        result: dict[str, Any] = json.loads(result_file.read_text("utf-8"))
        return result
    last_line = (process.stderr.strip().splitlines() or ["no output"])[-1]
    return {"error": f"ended with {process.returncode}: {last_line}"}


def resolve_device(device: str) -> str:
    """The device, with `auto` resolved."""
    from annotate.recognizers.loading import pick_device

    return pick_device(device)


def with_random_weights(size: str, tokens: int, folder: Path) -> Path:
    """A checkpoint of this size with random weights; its conversions are written to the folder."""
    from benchmarks.recognizers.random_weights import save

    os.environ["XDG_CACHE_HOME"] = str(folder)
    try:
        return save(size, tokens, folder)
    except ValueError as error:
        raise AnnotateError(f"{error}: see --random-weights and --tokens-per-window") from error


if __name__ == "__main__":
    try:
        typer.run(main)
    except AnnotateError as error:
        console.print(str(error), markup=False, highlight=False)
        raise SystemExit(error.exit_code) from error
