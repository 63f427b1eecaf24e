"""Write what was trained as a checkpoint of openai-whisper: `python export.py STATE FILE`."""

from __future__ import annotations

import argparse
import os
import zipfile
from dataclasses import asdict
from pathlib import Path

import torch
from network import WIDTH, Recognizer, dimensions
from tokens import TIMESTAMPS, known_tokens
from torch import Tensor

WHISPER_TOKENS = 51_864
FIRST_TIMESTAMP = 50_363
UNKNOWN = -100.0
"""The logit of every token that was never trained."""


@torch.no_grad()
def export(network: Recognizer, target: Path) -> None:
    """Write a checkpoint that stock `whisper.load_model` reads, half precision, packed small."""
    network.pin()
    rows = torch.zeros(WHISPER_TOKENS, WIDTH)
    rows[:, 0] = UNKNOWN
    known = torch.tensor(known_tokens())
    embeddings = network.embeddings()
    rows[known] = embeddings[: len(known)]
    rows[FIRST_TIMESTAMP : FIRST_TIMESTAMP + TIMESTAMPS] = embeddings[len(known) :]
    weights: dict[str, Tensor] = network.whisper.state_dict()
    weights["decoder.token_embedding.weight"] = rows
    halved = {name: weight.half().contiguous() for name, weight in weights.items()}
    loose = target.with_suffix(".loose")
    torch.save(
        {"dims": asdict(dimensions(WHISPER_TOKENS)), "model_state_dict": halved},
        loose,
    )
    _pack(loose, target)


def _pack(loose: Path, target: Path) -> None:
    """Deflate the members of torch's zip file, which torch reads as well."""
    packed = target.with_suffix(".packed")
    with (
        zipfile.ZipFile(loose) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as output,
    ):
        for member in source.infolist():
            still = zipfile.ZipInfo(member.filename)  # a fixed date: same weights, same bytes
            output.writestr(still, source.read(member), zipfile.ZIP_DEFLATED, 9)
    loose.unlink()
    os.replace(packed, target)


def read_state(state: Path) -> Recognizer:
    """The network of a training state, with its averaged weights."""
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
