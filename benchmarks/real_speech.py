"""Word error rate on real speech: `python benchmarks/real_speech.py FOLDER --model base`.

Every engine transcribes the same files with the same weights. The folder has audio files, each with
its text beside it: `name.wav` with `name.lab` or `name.txt`.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import jiwer
import typer
from rich.console import Console
from rich.table import Table
from whisper.normalizers import BasicTextNormalizer, EnglishTextNormalizer

from annotate.media.audio import RATE, decode
from annotate.model.errors import AnnotateError
from benchmarks import asr
from benchmarks.recognizers.engine_task import EngineTask

ENGINES = ("annotate", "stock", "faster-whisper", "faster-whisper-batched")
TEXT_SUFFIXES = (".lab", ".txt")

console = Console(stderr=True)


def main(
    folder: Annotated[
        Path, typer.Argument(help="Audio files, each with a .lab or .txt beside it.")
    ],
    model: Annotated[str, typer.Option(help="A Whisper model, or a path.")] = "base",
    engines: Annotated[str, typer.Option(help="Comma-separated.")] = ",".join(ENGINES),
    language: Annotated[str, typer.Option(help="What is spoken.")] = "en",
    device: Annotated[str, typer.Option(help="`auto`, `cpu` or `cuda`.")] = "auto",
    threads: Annotated[int, typer.Option(help="CPU threads; 0 for one per core.")] = 0,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Transcribe the folder with every engine and compare word error rates."""
    texts = read_texts(folder)
    names = asr.parse_engines(engines)
    task = EngineTask(
        engine="",
        recordings=tuple(map(str, texts)),
        repeat=1,
        warm_up=1,
        model=model,
        device=asr.resolve_device(device),
        threads=threads or os.cpu_count() or 1,
        batch_size=8,
        language=language,
    )
    with tempfile.TemporaryDirectory() as scratch:
        report = compare(asr.with_ctranslate2_weights(task, names), names, texts, Path(scratch))
    show(report)
    if as_json:
        as_json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def read_texts(folder: Path) -> dict[Path, str]:
    """The audio files of a folder and below, and the true text of each.

    Raises:
        AnnotateError: If there is no audio file, or one has no text beside it.
    """
    files = [path for path in folder.rglob("*") if path.suffix.lower() in asr.AUDIO_SUFFIXES]
    if not files:
        raise AnnotateError(f"no audio files in {folder}")
    texts: dict[Path, str] = {}
    for path in sorted(files):
        beside = [path.with_suffix(suffix) for suffix in TEXT_SUFFIXES]
        text = next((one for one in beside if one.is_file()), None)
        if text is None:
            raise AnnotateError(f"{path} has no text: put it into {beside[0].name} beside it")
        texts[path] = text.read_text("utf-8").strip()
    if len({path.stem for path in texts}) < len(texts):
        raise AnnotateError(f"two files in {folder} have the same name")
    return texts


def speaker_of(path: Path) -> str:
    """The speaker by the file's name, up to the first hyphen, as in LibriSpeech."""
    return path.stem.partition("-")[0]


def compare(
    task: EngineTask, engines: Sequence[str], texts: Mapping[Path, str], scratch: Path
) -> dict[str, Any]:
    """Each engine's word error rate and speed, and how much speech they were measured on."""
    seconds = sum(len(decode(path.read_bytes()).samples) / RATE for path in texts)
    found: dict[str, dict[str, Any]] = {}
    for name in engines:
        console.print(f"{name} …")
        result = asr.run(replace(task, engine=name), scratch)
        found[name] = figures(result, texts, seconds, task.language)
    return {
        "model": task.model,
        "device": task.device,
        "threads": task.threads,
        "language": task.language,
        "seconds": seconds,
        "recordings": len(texts),
        "speakers": len({speaker_of(path) for path in texts}),
        "engines": found,
    }


def figures(
    result: Mapping[str, Any], texts: Mapping[Path, str], seconds: float, language: str
) -> dict[str, Any]:
    """One engine's figures, or its error.

    Texts are normalized by openai-whisper's normalizer of the language, as in the Whisper paper
    (Radford et al. 2022, appendix C), so that "Mr." and "mister" count as equal.
    """
    if "error" in result:
        return {"error": result["error"]}
    normalize = EnglishTextNormalizer() if language == "en" else BasicTextNormalizer()
    recognized = {
        clip["name"].rpartition("#")[0]: " ".join(text for text, _, _ in clip["words"])
        for clip in result["transcripts"]
    }
    pairs = [(normalize(text), normalize(recognized[path.stem])) for path, text in texts.items()]
    outcome = jiwer.process_words([one for one, _ in pairs], [two for _, two in pairs])
    return {
        "wer": outcome.wer,
        "substitutions": outcome.substitutions,
        "deletions": outcome.deletions,
        "insertions": outcome.insertions,
        "words": outcome.hits + outcome.substitutions + outcome.deletions,
        "rtfx": seconds / result["seconds"],
        "peak_mb": result["peak_mb"],
        "transcripts": {path.stem: recognized[path.stem] for path in texts},
    }


def show(report: Mapping[str, Any]) -> None:
    """Print the figures as a table; the errors of failed engines are below."""
    title = f"{report['seconds']:,.0f} s of {report['speakers']} speakers, {report['model']}"
    table = Table(title=title, box=None)
    table.add_column("")
    for heading in ("WER", "sub / del / ins", "words", "audio s / s"):
        table.add_column(heading, justify="right")
    for name, found in report["engines"].items():
        if "error" in found:
            table.add_row(name, "failed")
            continue
        errors = f"{found['substitutions']} / {found['deletions']} / {found['insertions']}"
        cells = (f"{found['wer']:.2%}", errors, f"{found['words']}", f"{found['rtfx']:.1f}")
        table.add_row(name, *cells)
    Console().print(table)
    for name, found in report["engines"].items():
        if "error" in found:
            console.print(f"{name}: {found['error']}", markup=False, highlight=False)


if __name__ == "__main__":
    try:
        typer.run(main)
    except AnnotateError as error:
        console.print(str(error), markup=False, highlight=False)
        raise SystemExit(2) from None
