"""Export a training state as an openai-whisper checkpoint: `python export.py STATE FILE`."""

from __future__ import annotations

import argparse
import os
import zipfile
from dataclasses import asdict
from pathlib import Path

import torch
from network import WIDTH, Recognizer, dimensions
from tokens import TIMESTAMPS, trained_tokens
from torch import Tensor

WHISPER_TOKENS = 51_864
FIRST_TIMESTAMP = 50_363
UNTRAINED_LOGIT = -100.0
"""The logit of every token that was not trained."""


@torch.no_grad()
def export(network: Recognizer, target: Path) -> None:
    """Write a checkpoint for unmodified `whisper.load_model`: half precision, compressed."""
    network.pin_bias()
    rows = torch.zeros(WHISPER_TOKENS, WIDTH)
    rows[:, 0] = UNTRAINED_LOGIT
    trained = torch.tensor(trained_tokens())
    embeddings = network.embeddings()
    rows[trained] = embeddings[: len(trained)]
    rows[FIRST_TIMESTAMP : FIRST_TIMESTAMP + TIMESTAMPS] = embeddings[len(trained) :]
    weights: dict[str, Tensor] = network.whisper.state_dict()
    weights["decoder.token_embedding.weight"] = rows
    halved = {name: weight.half().contiguous() for name, weight in weights.items()}
    uncompressed = target.with_suffix(".loose")
    torch.save(
        {"dims": asdict(dimensions(WHISPER_TOKENS)), "model_state_dict": halved},
        uncompressed,
    )
    _compress(uncompressed, target)


def _compress(uncompressed: Path, target: Path) -> None:
    """Deflate the members of torch's zip file; torch can read these, too."""
    compressed = target.with_suffix(".packed")
    with (
        zipfile.ZipFile(uncompressed) as source,
        zipfile.ZipFile(compressed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as output,
    ):
        for member in source.infolist():
            entry = zipfile.ZipInfo(member.filename)  # a fixed date: same weights, same bytes
            output.writestr(entry, source.read(member), zipfile.ZIP_DEFLATED, 9)
    uncompressed.unlink()
    os.replace(compressed, target)


def read_state(state: Path) -> Recognizer:
    """The network of a training state, with the moving average of its weights."""
    saved = torch.load(state, map_location="cpu", weights_only=True)
    network = Recognizer(len(saved["phonemes"]))
    network.load_state_dict(saved["average"])
    return network


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", type=Path, help="a training state, as train.py writes it")
    parser.add_argument("file", type=Path, help="the checkpoint to write")
    options = parser.parse_args()
    export(read_state(options.state), options.file)
    print(f"{options.file}: {options.file.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
