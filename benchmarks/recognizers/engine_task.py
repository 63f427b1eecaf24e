"""The task and the transcripts of an engine's process, as plain values for JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from annotate.media.audio import Samples, decode
from annotate.recognizers.options import DecodingOptions
from annotate.transcribe.prefetch import prefetch

AHEAD = 8
"""Number of files decoded ahead of the engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineTask:
    """The task of one engine's process.

    Attributes:
        recordings: Files, each transcribed `repeat` times.
        warm_up: How many of the smallest files are transcribed before the timing starts.
        model: `demo` or a path to a checkpoint of openai-whisper's format.
        converted: The same weights in CTranslate2's format; empty if not needed or if the
            conversion failed.
        device: `cpu` or `cuda`.
        temperatures: Tried in turn, by the engines with temperature fallback.
        random_weights: Whether the word times are meaningless.
    """

    engine: str
    recordings: tuple[str, ...]
    repeat: int
    warm_up: int
    model: str
    device: str
    threads: int
    batch_size: int
    converted: str = ""
    language: str = "en"
    random_weights: bool = False
    temperatures: tuple[float, ...] = DecodingOptions().temperatures

    @property
    def decoding(self) -> DecodingOptions:
        """The pipeline's own defaults, with these temperatures."""
        return DecodingOptions(temperatures=self.temperatures, language=self.language)

    def clips(self) -> list[Clip]:
        """Every file, `repeat` times."""
        paths = [Path(path) for path in self.recordings]
        return [Clip(f"{path.stem}#{turn}", path) for turn in range(self.repeat) for path in paths]

    def warm_up_clips(self) -> list[Clip]:
        """The smallest files, for the warm-up."""
        paths = sorted(map(Path, self.recordings), key=lambda path: path.stat().st_size)
        return [Clip(f"{path.stem}#warm-up", path) for path in paths[: self.warm_up]]

    def to_json(self) -> str:
        """Serialize."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> EngineTask:
        """Parse what `to_json` returned."""
        plain = json.loads(text)
        for name in ("recordings", "temperatures"):
            plain[name] = tuple(plain[name])
        return cls(**plain)


class Clip(NamedTuple):
    """A file to transcribe, with a unique name."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipTranscript:
    """An engine's transcript of one clip.

    Attributes:
        words: Text, start and end in milliseconds of the recording.
        tokens: Number of decoded tokens without the end of text; None if not reported.
        windows: Number of decoded windows; None if not reported.
    """

    name: str
    words: tuple[tuple[str, int, int], ...]
    tokens: int | None = None
    windows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An engine with its weights loaded.

    Attributes:
        run: Transcribes clips, in any order.
        settings: Options and versions for the report.
    """

    run: Callable[[Iterable[Clip]], Iterator[ClipTranscript]]
    settings: dict[str, Any] = field(default_factory=dict)


def decode_ahead(clips: Iterable[Clip]) -> Iterator[tuple[str, Samples]]:
    """Name and samples of each clip; the next ones are decoded while one is transcribed.

    As in the pipeline, with as many threads, so that only recognition is compared.
    """

    def prepare(clip: Clip) -> tuple[str, Samples]:
        return clip.name, decode(clip.path.read_bytes()).samples

    yield from prefetch(prepare, clips, threads=os.cpu_count() or 1, ahead=AHEAD)


def in_ms(seconds: float) -> int:
    """Seconds as milliseconds."""
    return round(float(seconds) * 1000)
