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
from benchmarks.recognizers import report, worker
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
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Run every engine in its own process and compare the figures."""
    names = parse_engines(engines)
    task = EngineTask(
        engine="",
        recordings=list_recordings(recordings)[: limit or None],
        repeat=repeat,
        warm_up=warm_up,
        model=model,
        device=resolve_device(device),
        threads=threads or len(os.sched_getaffinity(0)),
        batch_size=batch_size,
    )
    with tempfile.TemporaryDirectory() as folder:
        if random_weights:
            checkpoint = with_random_weights(random_weights, tokens_per_window, Path(folder))
            task = replace(task, model=str(checkpoint), temperatures=(0.0,), random_weights=True)
        true_words = {} if random_weights else report.read_truth(truth)
        figures = compare(with_ctranslate2_weights(task, names), names, true_words, Path(folder))
    figures["model"] = f"{random_weights} with random weights" if random_weights else model
    figures["tokens_per_window"] = tokens_per_window if random_weights else None
    report.show(figures)
    if as_json:
        as_json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


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


def run(task: EngineTask, folder: Path) -> dict[str, Any]:
    """Run one engine in a new process; an engine that fails gives a result with its error."""
    task_file = folder / f"{task.engine}.task.json"
    result_file = folder / f"{task.engine}.result.json"
    task_file.write_text(task.to_json(), "utf-8")
    command = [sys.executable, worker.__file__, str(task_file), str(result_file)]
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
