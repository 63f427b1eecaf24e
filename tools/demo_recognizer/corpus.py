"""Synthesize the training corpus: `python corpus.py` (resumable; takes minutes on two cores).

Each shard is two files in the work folder: `shard-NNN.npy`, the log-mel frames of its recordings,
concatenated (float16, shape (frames, 80)), and `shard-NNN.json`, the sentences of each recording.
A shard is determined by its number, so an existing one isn't written again.
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
from synthesis import Sentence, synthesize_recording
from text import HERE, TextGenerator, narration_ngrams
from tqdm import tqdm
from voices import VoiceSampler

WORK = HERE / "work"
"""The default folder for shards, training state and checkpoints; git ignores it."""

RECORDINGS_PER_SHARD = 24
DEVELOPMENT_SHARD = 999
"""Not trained on; it defines the set of phonemes."""


@dataclass(frozen=True)
class LogMelRecording:
    """A recording as features: log-mel frames, shape (frames, 80), and its sentences."""

    voice: str
    frames: NDArray[np.float16]
    sentences: tuple[Sentence, ...]


def write_shard(number: int, folder: Path) -> None:
    """Synthesize and write one shard, unless it exists."""
    target = folder / f"shard-{number:03d}.json"
    if target.exists():
        return
    torch.set_num_threads(1)
    rng = random.Random(f"shard {number}")
    text_generator = TextGenerator(rng, narration_ngrams())
    features, rows = [], []
    with tempfile.TemporaryDirectory() as voices:
        sampler = VoiceSampler(Path(voices))
        for _ in range(RECORDINGS_PER_SHARD):
            recording = synthesize_recording(text_generator, rng, sampler)
            features.append(log_power(recording.samples).astype(np.float16))
            frames = len(features[-1])
            sentences = [asdict(sentence) for sentence in recording.sentences]
            rows.append({"voice": recording.voice, "frames": frames, "sentences": sentences})
    np.save(target.with_suffix(".npy"), np.concatenate(features))
    partial_file = target.with_suffix(".part")
    partial_file.write_text(json.dumps(rows), encoding="utf-8")
    partial_file.rename(target)


def list_shards(folder: Path, *, development: bool = False) -> list[Path]:
    """The training shards in a folder, or the development shard."""
    name = f"shard-{DEVELOPMENT_SHARD}.json"
    return [
        path for path in sorted(folder.glob("shard-*.json")) if (path.name == name) == development
    ]


def read_shard(path: Path) -> Iterator[LogMelRecording]:
    """The recordings of a shard; their frames are memory-mapped."""
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
        yield LogMelRecording(row["voice"], frames[first:last], sentences)
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
    shard_numbers = [DEVELOPMENT_SHARD, *range(options.shards)]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        done = pool.imap_unordered(partial(write_shard, folder=folder), shard_numbers)
        for _ in tqdm(done, total=len(shard_numbers), desc="shards"):
            pass


if __name__ == "__main__":
    main()
