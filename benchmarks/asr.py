"""Transcribe the same audio with the same weights by every engine: `python benchmarks/asr.py`.

benchmarks/README.md says what is compared and how.
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

USUAL = (
    "annotate",
    "stock",
    "faster-whisper",
    "faster-whisper-int8",
    "faster-whisper-batched",
    "faster-whisper-batched-int8",
    "transformers",
)
DEMO = Path(__file__).parents[1] / "data" / "demo"
SOUNDS = {".webm", ".ogg", ".m4a", ".wav", ".mp3", ".flac"}

console = Console(stderr=True)


def main(
    engines: Annotated[str, typer.Option(help="Comma between them.")] = ",".join(USUAL),
    recordings: Annotated[Path, typer.Option(help="Folder of audio files.")] = DEMO / "recordings",
    truth: Annotated[Path, typer.Option(help="Folder of their true words.")] = DEMO / "truth",
    model: Annotated[str, typer.Option(help="`demo`, a name of Whisper's, or a path.")] = "demo",
    device: Annotated[str, typer.Option(help="`auto`, `cpu` or `cuda`.")] = "auto",
    threads: Annotated[int, typer.Option(help="CPU threads; 0 for all there are.")] = 0,
    batch_size: Annotated[int, typer.Option(help="Of the peers that batch.")] = 8,
    limit: Annotated[int, typer.Option(help="Use so many recordings; 0 for all.")] = 0,
    repeat: Annotated[int, typer.Option(help="Give each recording so many times.")] = 1,
    warm_up: Annotated[int, typer.Option(help="Recordings before the clock starts.")] = 1,
    random_weights: Annotated[
        str | None, typer.Option(help="A size of Whisper's, with random weights: speed alone.")
    ] = None,
    tokens_per_window: Annotated[int, typer.Option(help="Of random weights.")] = 110,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Run every engine, each in a process of its own, and set the figures side by side."""
    names = known_engines(engines)
    job = EngineTask(
        engine="",
        recordings=recordings_in(recordings)[: limit or None],
        repeat=repeat,
        warm_up=warm_up,
        model=model,
        device=pick(device),
        threads=threads or len(os.sched_getaffinity(0)),
        batch_size=batch_size,
    )
    with tempfile.TemporaryDirectory() as folder:
        if random_weights:
            made = with_random_weights(random_weights, tokens_per_window, Path(folder))
            job = replace(job, model=str(made), temperatures=(0.0,))
        known = {} if random_weights else report.read_truth(truth)
        found = compare(convert(job, names), names, known, Path(folder))
    found["model"] = f"{random_weights} with random weights" if random_weights else model
    found["tokens_per_window"] = tokens_per_window if random_weights else None
    report.show(found)
    if as_json:
        as_json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


def recordings_in(folder: Path) -> tuple[str, ...]:
    """The folder's audio files, by name.

    Raises:
        AnnotateError: If there is none.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix in SOUNDS)
    if not paths:
        raise AnnotateError(f"no recordings in {folder}: name another folder to --recordings")
    return tuple(map(str, paths))


def known_engines(names: str) -> list[str]:
    """The engines that are asked for.

    Raises:
        AnnotateError: If there is none of such a name.
    """
    asked = [name.strip() for name in names.split(",") if name.strip()]
    for name in asked:
        if name not in worker.ENGINES:
            raise AnnotateError(f"no engine {name!r}: give some of {', '.join(worker.ENGINES)}")
    return asked


def convert(job: EngineTask, engines: list[str]) -> EngineTask:
    """Have the weights ready as faster-whisper reads them, so that no engine pays for that."""
    if not any(name.startswith("faster-whisper") for name in engines):
        return job
    import annotate.demo_model  # noqa: F401 - `find` knows the demo's checkpoint
    from annotate.recognizers.checkpoints import find
    from annotate.recognizers.ctranslate2_conversion import converted

    try:
        return replace(job, converted=str(converted(find(job.model))))
    except AnnotateError as error:  # the other engines can still run
        console.print(str(error), markup=False, highlight=False)
        return job


def compare(
    job: EngineTask, engines: list[str], truth: report.Truth, folder: Path
) -> dict[str, Any]:
    """The whole report, all but the model's name; `folder` is for what the engines write."""
    seconds = job.repeat * sum(
        len(decode(Path(path).read_bytes()).samples) / RATE for path in job.recordings
    )
    found: dict[str, dict[str, Any]] = {}
    for name in engines:
        console.print(f"{name} …")
        result = run(replace(job, engine=name), folder)
        found[name] = report.figures(result, seconds, truth)
    report.add_ratios(found)
    return {
        "audio_seconds": seconds,
        "recordings": len(job.recordings),
        "repeat": job.repeat,
        "device": job.device,
        "threads": job.threads,
        "decoding": job.decoding.model_dump(mode="json"),
        "engines": found,
    }


def run(job: EngineTask, folder: Path) -> dict[str, Any]:
    """One engine in a fresh process; whatever becomes of it, a result comes back."""
    asked, answered = folder / f"{job.engine}.job.json", folder / f"{job.engine}.result.json"
    asked.write_text(job.to_json(), "utf-8")
    command = [sys.executable, worker.__file__, str(asked), str(answered)]
    threads = {name: str(job.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    # Nothing is to be fetched, and a peer that would try must not wait for a network.
    offline = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    ended = subprocess.run(  # noqa: S603  # this module's own command
        command,
        env=os.environ | threads | offline,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if answered.is_file():
        result: dict[str, Any] = json.loads(answered.read_text("utf-8"))
        return result
    last = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
    return {"error": f"ended with {ended.returncode}: {last}"}


def pick(device: str) -> str:
    """The device, with `auto` settled."""
    from annotate.recognizers.loading import pick_device

    return pick_device(device)


def with_random_weights(size: str, tokens: int, folder: Path) -> Path:
    """A checkpoint of this size that says nothing; what is made of it stays in the folder too."""
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
