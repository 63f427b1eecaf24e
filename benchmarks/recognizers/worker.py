"""The process of one engine: `python worker.py TASK RESULT`.

Engines run in separate processes, so that peak memory is measured for each, and threads and caches
aren't shared.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from annotate.model.errors import AnnotateError
from benchmarks.recognizers.engine_task import ClipTranscript, Engine, EngineTask

ENGINES = {
    "annotate": "ours:annotate",
    "stock": "peers:stock",
    "stock-windows": "ours:stock_windows",
    "faster-whisper": "peers:faster_whisper",
    "faster-whisper-int8": "peers:faster_whisper_int8",
    "faster-whisper-batched": "peers:faster_whisper_batched",
    "faster-whisper-batched-int8": "peers:faster_whisper_batched_int8",
    "faster-whisper-windows": "ours:faster_whisper_windows",
    "transformers": "hugging_face:transformers",
}
"""Module and function of each engine; imported only to run it, since imports need memory."""


def main(task_file: Path, result_file: Path) -> None:
    """Load, warm up and transcribe with timing; write the result or the error."""
    task = EngineTask.from_json(task_file.read_text("utf-8"))
    try:
        result = measure(task)
    except (AnnotateError, ImportError) as error:
        result = {"error": str(error)}
    result_file.write_text(json.dumps(result), "utf-8")


def measure(task: EngineTask) -> dict[str, object]:
    """Seconds, peak memory and transcripts of one engine; loading isn't included in the time."""
    module, _, name = ENGINES[task.engine].partition(":")
    load: Callable[[EngineTask], Engine] = getattr(
        import_module(f"benchmarks.recognizers.{module}"), name
    )
    load_started = time.perf_counter()
    engine = load(task)
    loaded = time.perf_counter()
    for _ in engine.run(task.warm_up_clips()):
        pass
    with GpuMemory(task.device) as gpu:
        timing_started = time.perf_counter()
        transcripts: list[ClipTranscript] = list(engine.run(task.clips()))
        ended = time.perf_counter()
    return {
        "seconds": ended - timing_started,
        "load_seconds": loaded - load_started,
        "peak_mb": peak_mb(),
        "gpu_peak_mb": gpu.peak_mb,
        "settings": engine.settings,
        "transcripts": [asdict(clip) for clip in transcripts],
    }


def peak_mb() -> float:
    """Peak resident memory of this process in megabytes, including loading.

    From /proc, since `getrusage` includes the parent's memory at the fork.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise AnnotateError("no peak memory in /proc/self/status: run the benchmark on Linux")


class GpuMemory:
    """Samples the GPU's memory use twenty times a second.

    The use of the whole device, since torch doesn't count CTranslate2's memory.

    Attributes:
        peak_mb: Peak memory use of the whole device, in megabytes; None without a GPU.
    """

    def __init__(self, device: str):
        self.peak_mb: float | None = None
        self._on_gpu = device == "cuda"
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> GpuMemory:
        if self._on_gpu:
            self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        if self._on_gpu:
            self._thread.join()

    def _sample(self) -> None:
        import torch

        while not self._done.wait(0.05):
            free, total = torch.cuda.mem_get_info()
            self.peak_mb = max(self.peak_mb or 0.0, (total - free) / 1e6)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
