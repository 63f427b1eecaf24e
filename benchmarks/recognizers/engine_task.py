"""What one engine is asked to do, and what it gives back: plain values, read by another process."""

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
"""Files decoded beforehand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineTask:
    """One engine's work.

    Attributes:
        recordings: Files, each transcribed `repeat` times over.
        warm_up: How many of the smallest files are transcribed before the clock starts.
        model: `demo` or a path to a checkpoint of openai-whisper's format.
        converted: The same weights as CTranslate2 reads them; empty if they aren't needed or
            couldn't be converted.
        device: `cpu` or `cuda`.
        temperatures: Tried in turn, by the engines that try again at all.
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
    temperatures: tuple[float, ...] = DecodingOptions().temperatures

    @property
    def decoding(self) -> DecodingOptions:
        """The pipeline's own defaults, with these temperatures."""
        return DecodingOptions(temperatures=self.temperatures, language=self.language)

    def clips(self) -> list[Clip]:
        """Every file, as often as it is to be transcribed."""
        paths = [Path(path) for path in self.recordings]
        return [Clip(f"{path.stem}#{turn}", path) for turn in range(self.repeat) for path in paths]

    def first_clips(self) -> list[Clip]:
        """The smallest files, to warm up with."""
        paths = sorted(map(Path, self.recordings), key=lambda path: path.stat().st_size)
        return [Clip(f"{path.stem}#warm-up", path) for path in paths[: self.warm_up]]

    def to_json(self) -> str:
        """As text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> EngineTask:
        """From text."""
        plain = json.loads(text)
        for name in ("recordings", "temperatures"):
            plain[name] = tuple(plain[name])
        return cls(**plain)


class Clip(NamedTuple):
    """A file to transcribe under a name that no other one has."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipTranscript:
    """What an engine heard in one clip.

    Attributes:
        words: Text, start and end in milliseconds of the recording.
        tokens: Decoded, the end of text not counted; None if the engine doesn't tell.
        windows: Decoded; None if the engine doesn't tell.
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
        settings: What is worth knowing about how it runs.
    """

    run: Callable[[Iterable[Clip]], Iterator[ClipTranscript]]
    settings: dict[str, Any] = field(default_factory=dict)


def decoded(clips: Iterable[Clip]) -> Iterator[tuple[str, Samples]]:
    """Name and samples of each clip, the next ones decoded while one is transcribed.

    The pipeline does so too, on as many threads: what is compared is recognition.
    """

    def prepare(clip: Clip) -> tuple[str, Samples]:
        return clip.name, decode(clip.path.read_bytes()).samples

    yield from prefetch(prepare, clips, threads=os.cpu_count() or 1, ahead=AHEAD)


def in_ms(seconds: float) -> int:
    """Seconds as milliseconds."""
    return round(float(seconds) * 1000)
