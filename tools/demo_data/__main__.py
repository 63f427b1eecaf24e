"""Generate the demo's recordings, truth, traces and manifest, and its broken inputs.

python tools/demo_data                    # everything, in place
python tools/demo_data --output /tmp/demo # elsewhere
python tools/demo_data --only coffee-02   # the files of one narration
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from rich.progress import Progress

from broken import make_broken
from recordings import list_narrations, make_recording, write_bytes

SOURCE = Path(__file__).resolve().parents[2] / "data" / "demo"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python tools/demo_data", description="Make the demo.")
    parser.add_argument("--output", type=Path, default=SOURCE, help="folder to write into")
    parser.add_argument("--only", metavar="NAME", help="one narration, without the manifest")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: %(default)s)")
    options = parser.parse_args()
    if options.only:
        make_recording(SOURCE, options.output, options.only)
    else:
        make_everything(options.output, options.jobs)


def make_everything(output: Path, jobs: int) -> None:
    """Make every recording on several processes, then the manifest and the broken inputs."""
    names = [path.stem for path in list_narrations(SOURCE)]
    with Progress() as progress, ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        task = progress.add_task("Speaking", total=len(names) + 1)
        pending = [pool.submit(make_recording, SOURCE, output, name) for name in names]
        rows = []
        for future in pending:
            rows.append(future.result())
            progress.advance(task)
        manifest = "".join(f"{json.dumps(row)}\n" for row in rows)
        write_bytes(output / "manifest.jsonl", manifest.encode())
        progress.update(task, description="Breaking")
        make_broken(SOURCE, output, rows[0])
        progress.advance(task)


if __name__ == "__main__":
    main()
