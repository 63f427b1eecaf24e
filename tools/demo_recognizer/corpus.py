"""Record the training takes: `python corpus.py` (resumable; takes minutes on two cores).

Each shard is two files in the work folder: `shard-NNN.npy`, the log-mel frames of its takes one
after the other (float16, shape (frames, 80)), and `shard-NNN.json`, the sentences of each take.
A shard depends on its number alone, so one that is there already is kept.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from features import log_power
from numpy.typing import NDArray
from takes import Sentence, record_take
from text import HERE, Writer, narration_runs
from tqdm import tqdm
from voices import Studio

WORK = HERE / "work"
"""Caches and states; git ignores it."""

TAKES_A_SHARD = 24
DEVELOPMENT_SHARD = 999
"""Never trained on: it only tells how training goes."""


@dataclass(frozen=True)
class HeardTake:
    """A take as the network hears it: log-mel frames, shape (frames, 80), and its sentences."""

    voice: str
    frames: NDArray[np.float16]
    sentences: tuple[Sentence, ...]


def record_shard(number: int, folder: Path) -> None:
    """Record one shard, unless it is there."""
    target = folder / f"shard-{number:03d}.json"
    if target.exists():
        return
    torch.set_num_threads(1)
    chance = random.Random(f"shard {number}")
    writer = Writer(chance, narration_runs())
    mels, rows = [], []
    with tempfile.TemporaryDirectory() as voices:
        studio = Studio(Path(voices))
        for _ in range(TAKES_A_SHARD):
            take = record_take(writer, chance, studio)
            mels.append(log_power(take.samples).astype(np.float16))
            sentences = [asdict(sentence) for sentence in take.sentences]
            rows.append({"voice": take.voice, "frames": len(mels[-1]), "sentences": sentences})
    np.save(target.with_suffix(".npy"), np.concatenate(mels))
    partial_file = target.with_suffix(".part")
    partial_file.write_text(json.dumps(rows), encoding="utf-8")
    partial_file.rename(target)


def list_shards(folder: Path, *, development: bool = False) -> list[Path]:
    """The shards of the work folder that are for training, or the one that is not."""
    name = f"shard-{DEVELOPMENT_SHARD}.json"
    return [
        path for path in sorted(folder.glob("shard-*.json")) if (path.name == name) == development
    ]


def read_shard(path: Path) -> Iterator[HeardTake]:
    """The takes of a shard; their frames stay on disk until they are used."""
    frames = np.load(path.with_suffix(".npy"), mmap_mode="r")
    first = 0
    for row in json.loads(path.read_text(encoding="utf-8")):
        last = first + row["frames"]
        sentences = tuple(
            Sentence(
                sentence["text"],
                tuple((start, end) for start, end in sentence["words"]),
                tuple((at, name) for at, name in sentence["phonemes"]),
            )
            for sentence in row["sentences"]
        )
        yield HeardTake(row["voice"], frames[first:last], sentences)
        first = last


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=WORK, help="folder for the shards")
    parser.add_argument("--shards", type=int, default=90, help="about 18 minutes of speech each")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    folder = options.work / "corpus"
    folder.mkdir(parents=True, exist_ok=True)
    numbers = [DEVELOPMENT_SHARD, *range(options.shards)]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        done = pool.imap_unordered(partial(record_shard, folder=folder), numbers)
        for _ in tqdm(done, total=len(numbers), desc="shards"):
            pass


if __name__ == "__main__":
    main()
