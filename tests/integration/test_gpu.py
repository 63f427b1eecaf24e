"""The same code on a GPU, where there is one."""

import pytest
import torch

from annotate.evaluation.word_errors import match
from annotate.recognizers.batched_whisper.engine import BatchedWhisper
from annotate.recognizers.checkpoints import find
from annotate.recognizers.options import DecodingOptions
from annotate.recognizers.recognizer import RecognizerOutput
from tests.whispers import an_input

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.integration,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU"),
]

EXCERPTS = [("astronaut-01", 0.0, 40.0), ("cat-01", 0.0, 30.0), ("coffee-02", 0.0, 35.0)]


def transcribed_on(device: str, batch: int | None = None) -> dict[str, RecognizerOutput]:
    engine = BatchedWhisper(find("demo"), device, DecodingOptions(), batch)
    return {one.recording_id: one for one in engine.transcribe(an_input(*s) for s in EXCERPTS)}


def test_a_gpu_gives_the_words_of_the_cpu() -> None:
    """In half precision a few words may differ, and times by a frame."""
    on_cpu, on_gpu = transcribed_on("cpu"), transcribed_on("cuda")
    for name, expected in on_cpu.items():
        matched = match(expected.words, on_gpu[name].words)
        assert matched.errors <= 0.03 * matched.words
        differences_ms = sorted(abs(a.start_ms - b.start_ms) for a, b in matched.right)
        assert differences_ms[len(differences_ms) // 2] <= 20


def test_the_batch_size_changes_no_word() -> None:
    texts = [
        {
            name: [word.text for word in output.words]
            for name, output in transcribed_on("cuda", b).items()
        }
        for b in (1, 16)
    ]
    assert texts[0] == texts[1]
