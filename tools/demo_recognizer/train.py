"""Train the recognizer: `python train.py` (resumable with the same command).

Data-parallel on CPUs: single-threaded processes average their gradients after every step, which is
faster on busy cores than threads that synchronize within every operation. Most batches are short
windows at random positions in Whisper's 30 s at first, since training on them learns faster, and
full windows towards the end.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import random
import time
from dataclasses import dataclass, fields
from pathlib import Path

import torch
import torch.distributed as dist
from batches import Batch, make_batch
from corpus import WORK, list_shards, read_shard
from export import export
from losses import losses
from network import Recognizer
from non_speech import AuxiliaryAudio, make_auxiliary_audio
from optimizer import MuonWithAdamW
from torch import Tensor, nn
from tqdm import tqdm
from warmstart import load_weights
from windows import LabelledRecording

SHORT_MS = (5_000, 7_000, 9_000, 12_000)
FULL_MS = 30_000
_WARM_UP = 150
_EMA_DECAY = 0.997
_HEADS_ONLY_STEPS = 120
"""Steps that train only the encoder's two heads after a start from a checkpoint, which lacks them:
gradients from untrained heads would degrade the encoder."""
_RESCAN_STEPS = 250  # steps between searches for new shards


@dataclass(frozen=True)
class TrainingOptions:
    """The options of the command line."""

    work: Path
    start: Path | None
    steps: int
    rate: float
    full_from: float
    full_to: float
    seconds: int
    processes: int
    save_every: int
    seed: int
    half: bool


class Trainer:
    """One data-parallel process; the one of rank 0 saves and reports."""

    def __init__(self, options: TrainingOptions, rank: int) -> None:
        """Build the network, from a saved state if one exists."""
        self.options, self.rank = options, rank
        self.auxiliary: AuxiliaryAudio = make_auxiliary_audio()
        self.phonemes = _read_phonemes(options.work)
        torch.manual_seed(options.seed)
        self.network = Recognizer(len(self.phonemes))
        if options.start is not None:
            load_weights(self.network, options.start)
        self.average = {name: weight.clone() for name, weight in self._weights().items()}
        dtype = torch.bfloat16 if options.half else torch.float32
        self.optimizer = MuonWithAdamW(self.network, dtype)
        self.recordings: list[LabelledRecording] = []
        self.shards: set[str] = set()
        self.step = 0
        self._resume()

    def run(self) -> None:
        """Run all remaining steps."""
        bar = tqdm(total=self.options.steps, initial=self.step, desc="steps", disable=self.rank > 0)
        smoothed: dict[str, float] = {}
        while self.step < self.options.steps:
            if not self.recordings or self.step % _RESCAN_STEPS == 0:
                self._load_recordings()
            values = self._train_step(self._next_batch())
            self.step += 1
            for name, value in values.items():
                if math.isnan(value):  # the accuracy of a batch without words
                    continue
                smoothed[name] = 0.98 * smoothed.get(name, value) + 0.02 * value
            if self.rank == 0:
                bar.update()
                bar.set_postfix({name: f"{value:.3f}" for name, value in smoothed.items()})
                if self.step % self.options.save_every == 0 or self.step == self.options.steps:
                    self.save()

    def save(self) -> None:
        """Write the training state and its checkpoint."""
        state = {
            "step": self.step,
            "phonemes": self.phonemes,
            "network": self._weights(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
        }
        target = self.options.work / "state.pt"
        torch.save(state, target.with_suffix(".part"))
        os.replace(target.with_suffix(".part"), target)
        averaged = Recognizer(len(self.phonemes))
        averaged.load_state_dict(self.average)
        export(averaged, self.options.work / "latest.pt")

    def _weights(self) -> dict[str, Tensor]:
        return {name: weight.detach() for name, weight in self.network.state_dict().items()}

    def _resume(self) -> None:
        path = self.options.work / "state.pt"
        if path.exists():
            state = torch.load(path, map_location="cpu", weights_only=True)
            self.network.load_state_dict(state["network"])
            self.average = state["average"]
            self.optimizer.load_state_dict(state["optimizer"])
            self.step = state["step"]

    def _load_recordings(self) -> None:
        numbers = {name: number for number, name in enumerate(self.phonemes)}
        for path in list_shards(self.options.work / "corpus"):
            if path.name not in self.shards:
                self.shards.add(path.name)
                self.recordings += [LabelledRecording(one, numbers) for one in read_shard(path)]

    def _next_batch(self) -> Batch:
        """The batch of this step and process, determined by the seed, the rank and the step."""
        rng = random.Random(f"{self.options.seed} {self.rank} {self.step}")
        kind = random.Random(f"{self.options.seed} {self.step}")  # the same length in all processes
        done = self.step / self.options.steps
        full = kind.random() < self.options.full_from + (
            self.options.full_to - self.options.full_from
        ) * min(1, done / 0.8)
        length_ms = FULL_MS if full else kind.choice(SHORT_MS)
        count = max(2, round(self.options.seconds * 1000 / length_ms))
        return make_batch(self.recordings, self.auxiliary, rng, length_ms=length_ms, count=count)

    def _train_step(self, batch: Batch) -> dict[str, float]:
        """One optimizer step on the mean gradient of all processes."""
        done = self.step / self.options.steps
        rate = self.options.rate * min(1, (self.step + 1) / _WARM_UP)
        rate *= 0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * done))
        heads_only = self.options.start is not None and self.step < _HEADS_ONLY_STEPS
        self.network.whisper.requires_grad_(not heads_only)
        self.network.time_map.requires_grad_(not heads_only)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.options.half):
            output = self.network(batch)
        values = losses(output, batch)
        self.optimizer.zero_grad()
        values["total"].backward()
        if self.options.processes > 1:
            _all_reduce_gradients(self.network, self.options.processes)
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step(rate)
        self.network.pin_bias()
        decay = min(_EMA_DECAY, (1 + self.step) / (10 + self.step))
        for name, weight in self._weights().items():
            self.average[name].lerp_(weight, 1 - decay)
        return {name: float(value.detach()) for name, value in values.items()}


def _all_reduce_gradients(network: nn.Module, processes: int) -> None:
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= processes
    first = 0
    for gradient in gradients:
        last = first + gradient.numel()
        gradient.copy_(flat[first:last].view_as(gradient))
        first = last


def _read_phonemes(work: Path) -> list[str]:
    """The phonemes of the development shard; index 0 is a pause."""
    shards = list_shards(work / "corpus", development=True)
    recordings = [recording for path in shards for recording in read_shard(path)]
    sentences = [sentence for recording in recordings for sentence in recording.sentences]
    names = {name for sentence in sentences for _, name in sentence.phonemes}
    return ["", *sorted(names - {""})]


def _run_process(rank: int, options: TrainingOptions, rendezvous: str) -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # frequent in attention weights, and slow
    if options.processes > 1:
        dist.init_process_group(
            "gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=options.processes
        )
    Trainer(options, rank).run()


def read_options() -> TrainingOptions:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=WORK, help="folder of corpus and state")
    parser.add_argument("--start", type=Path, help="checkpoint with initial weights")
    parser.add_argument("--steps", type=int, default=9000, help="total number of steps")
    parser.add_argument("--rate", type=float, default=1e-3, help="highest learning rate")
    parser.add_argument(
        "--full-from", type=float, default=0.15, help="share of full windows at first"
    )
    parser.add_argument("--full-to", type=float, default=0.9, help="share of full windows finally")
    parser.add_argument("--seconds", type=int, default=60, help="of audio per step and process")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--save-every", type=int, default=250, help="steps")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--half", action="store_true", help="bfloat16, for processors that have it")
    options = vars(parser.parse_args())
    return TrainingOptions(**{field.name: options[field.name] for field in fields(TrainingOptions)})


def main() -> None:
    """Command line."""
    options = read_options()
    rendezvous = str(options.work / f"rendezvous-{time.monotonic_ns()}")
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_run_process, args=(rank, options, rendezvous))
        for rank in range(options.processes)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


if __name__ == "__main__":
    main()
