"""One engine in a process of its own: `python worker.py JOB RESULT`.

Alone, so that its peak memory is its own and no engine finds another's threads or caches.
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
"""Where each engine is loaded; imported only to run it, since imports are memory too."""


def main(job_file: Path, result_file: Path) -> None:
    """Load, warm up, transcribe against the clock, and write what came of it."""
    job = EngineTask.from_json(job_file.read_text("utf-8"))
    try:
        result = measure(job)
    except (AnnotateError, ImportError) as error:
        result = {"error": str(error)}
    result_file.write_text(json.dumps(result), "utf-8")


def measure(job: EngineTask) -> dict[str, object]:
    """Seconds, peak memory and words of one engine; loading is outside the clock."""
    module, _, name = ENGINES[job.engine].partition(":")
    load: Callable[[EngineTask], Engine] = getattr(
        import_module(f"benchmarks.recognizers.{module}"), name
    )
    started = time.perf_counter()
    engine = load(job)
    loaded = time.perf_counter()
    for _ in engine.run(job.first_clips()):
        pass
    with GpuMemory(job.device) as gpu:
        warm = time.perf_counter()
        said: list[ClipTranscript] = list(engine.run(job.clips()))
        ended = time.perf_counter()
    return {
        "seconds": ended - warm,
        "load_seconds": loaded - started,
        "peak_mb": peak_mb(),
        "gpu_peak_mb": gpu.peak_mb,
        "settings": engine.settings,
        "said": [asdict(clip) for clip in said],
    }


def peak_mb() -> float:
    """The most memory that this process has had, in megabytes, the loading included.

    From Linux's own record: `getrusage` begins with what the parent had when it forked.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise AnnotateError("no peak memory in /proc/self/status: run the benchmark on Linux")


class GpuMemory:
    """The GPU's memory in use, looked at twenty times a second.

    Looked at from outside, since CTranslate2's isn't torch's and torch wouldn't count it.

    Attributes:
        peak_mb: The most that was in use on the whole device, in megabytes; None without a GPU.
    """

    def __init__(self, device: str):
        self.peak_mb: float | None = None
        self._on_gpu = device == "cuda"
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> GpuMemory:
        if self._on_gpu:
            self._watcher.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        if self._on_gpu:
            self._watcher.join()

    def _watch(self) -> None:
        import torch

        while not self._done.wait(0.05):
            free, total = torch.cuda.mem_get_info()
            self.peak_mb = max(self.peak_mb or 0.0, (total - free) / 1e6)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
