"""Train the recognizer: `python train.py` (resumable: the same command goes on where it stopped).

Single-threaded processes average their gradients after every step, which on busy cores beats
threads that wait for one another inside every operation. Short windows anywhere in Whisper's
thirty seconds come first, since they teach more a second; full ones take over towards the end.
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
from optimizer import Together
from sounds import Sounds, make_sounds
from torch import Tensor, nn
from tqdm import tqdm
from warmstart import start_from
from windows import Labelled

SHORT_MS = (5_000, 7_000, 9_000, 12_000)
FULL_MS = 30_000
_WARM_UP = 150
_AVERAGING = 0.997
_HEADS_FIRST = 120
"""After a start from a checkpoint, which lacks the encoder's two heads, steps that move these only:
gradients through heads that know nothing yet would undo what the encoder has learned."""
_LOOK_AGAIN = 250  # steps after which new shards of the corpus are looked for


@dataclass(frozen=True)
class Plan:
    """How to train; see the command line for meanings."""

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
    """One of the processes; process 0 saves and reports."""

    def __init__(self, plan: Plan, rank: int) -> None:
        """Read the corpus, and the state if there is one."""
        self.plan, self.rank = plan, rank
        self.sounds: Sounds = make_sounds()
        self.phonemes = _read_phonemes(plan.work)
        torch.manual_seed(plan.seed)
        self.network = Recognizer(len(self.phonemes))
        if plan.start is not None:
            start_from(self.network, plan.start)
        self.average = {name: weight.clone() for name, weight in self._weights().items()}
        dtype = torch.bfloat16 if plan.half else torch.float32
        self.optimizer = Together(self.network, dtype)
        self.takes: list[Labelled] = []
        self.shards: set[str] = set()
        self.step = 0
        self._resume()

    def run(self) -> None:
        """All steps that are left."""
        bar = tqdm(total=self.plan.steps, initial=self.step, desc="steps", disable=self.rank > 0)
        shown: dict[str, float] = {}
        while self.step < self.plan.steps:
            if not self.takes or self.step % _LOOK_AGAIN == 0:
                self._load_takes()
            found = self._learn(self._next_batch())
            self.step += 1
            for name, value in found.items():
                if math.isnan(value):  # the share of right words where no word is to be said
                    continue
                shown[name] = 0.98 * shown.get(name, value) + 0.02 * value
            if self.rank == 0:
                bar.update()
                bar.set_postfix({name: f"{value:.3f}" for name, value in shown.items()})
                if self.step % self.plan.save_every == 0 or self.step == self.plan.steps:
                    self.save()

    def save(self) -> None:
        """Write the state, and the checkpoint that goes with it."""
        state = {
            "step": self.step,
            "phonemes": self.phonemes,
            "network": self._weights(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
        }
        target = self.plan.work / "state.pt"
        torch.save(state, target.with_suffix(".part"))
        os.replace(target.with_suffix(".part"), target)
        averaged = Recognizer(len(self.phonemes))
        averaged.load_state_dict(self.average)
        export(averaged, self.plan.work / "latest.pt")

    def _weights(self) -> dict[str, Tensor]:
        return {name: weight.detach() for name, weight in self.network.state_dict().items()}

    def _resume(self) -> None:
        path = self.plan.work / "state.pt"
        if path.exists():
            state = torch.load(path, map_location="cpu", weights_only=True)
            self.network.load_state_dict(state["network"])
            self.average = state["average"]
            self.optimizer.load_state_dict(state["optimizer"])
            self.step = state["step"]

    def _load_takes(self) -> None:
        numbers = {name: number for number, name in enumerate(self.phonemes)}
        for path in list_shards(self.plan.work / "corpus"):
            if path.name not in self.shards:
                self.shards.add(path.name)
                self.takes += [Labelled(take, numbers) for take in read_shard(path)]

    def _next_batch(self) -> Batch:
        """The windows of this step and process, the same whenever it is asked for."""
        chance = random.Random(f"{self.plan.seed} {self.rank} {self.step}")
        kind = random.Random(f"{self.plan.seed} {self.step}")  # all processes take the same kind
        done = self.step / self.plan.steps
        full = kind.random() < self.plan.full_from + (
            self.plan.full_to - self.plan.full_from
        ) * min(1, done / 0.8)
        length_ms = FULL_MS if full else kind.choice(SHORT_MS)
        count = max(2, round(self.plan.seconds * 1000 / length_ms))
        return make_batch(self.takes, self.sounds, chance, length_ms=length_ms, count=count)

    def _learn(self, batch: Batch) -> dict[str, float]:
        """One step on the processes' mean gradient."""
        done = self.step / self.plan.steps
        rate = self.plan.rate * min(1, (self.step + 1) / _WARM_UP)
        rate *= 0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * done))
        heads_only = self.plan.start is not None and self.step < _HEADS_FIRST
        self.network.whisper.requires_grad_(not heads_only)
        self.network.time_map.requires_grad_(not heads_only)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.plan.half):
            heard = self.network(batch)
        found = losses(heard, batch)
        self.optimizer.zero_grad()
        found["all"].backward()
        if self.plan.processes > 1:
            _share_gradients(self.network, self.plan.processes)
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step(rate)
        self.network.pin()
        keep = min(_AVERAGING, (1 + self.step) / (10 + self.step))
        for name, weight in self._weights().items():
            self.average[name].lerp_(weight, 1 - keep)
        return {name: float(value.detach()) for name, value in found.items()}


def _share_gradients(network: nn.Module, processes: int) -> None:
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    together = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(together)
    together /= processes
    first = 0
    for gradient in gradients:
        last = first + gradient.numel()
        gradient.copy_(together[first:last].view_as(gradient))
        first = last


def _read_phonemes(work: Path) -> list[str]:
    """The phonemes of the development shard; 0 is a pause."""
    shards = list_shards(work / "corpus", development=True)
    takes = [take for path in shards for take in read_shard(path)]
    names = {name for take in takes for said in take.sentences for _, name in said.phonemes}
    return ["", *sorted(names - {""})]


def _run_process(rank: int, plan: Plan, meeting: str) -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # attention's tails are full of them, and they are slow
    if plan.processes > 1:
        dist.init_process_group(
            "gloo", init_method=f"file://{meeting}", rank=rank, world_size=plan.processes
        )
    Trainer(plan, rank).run()


def read_plan() -> Plan:
    """The plan that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=WORK, help="folder of corpus and state")
    parser.add_argument("--start", type=Path, help="checkpoint whose weights to begin with")
    parser.add_argument("--steps", type=int, default=9000, help="steps in all")
    parser.add_argument("--rate", type=float, default=1e-3, help="highest learning rate")
    parser.add_argument("--full-from", type=float, default=0.15, help="full windows at first")
    parser.add_argument("--full-to", type=float, default=0.9, help="full windows towards the end")
    parser.add_argument("--seconds", type=int, default=60, help="of sound a step and process")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--save-every", type=int, default=250, help="steps")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--half", action="store_true", help="compute in bfloat16, where the processor can"
    )
    options = vars(parser.parse_args())
    return Plan(**{field.name: options[field.name] for field in fields(Plan)})


def main() -> None:
    """Command line."""
    plan = read_plan()
    meeting = str(plan.work / f"meeting-{time.monotonic_ns()}")
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_run_process, args=(rank, plan, meeting))
        for rank in range(plan.processes)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


if __name__ == "__main__":
    main()
