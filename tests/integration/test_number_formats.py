"""The engine in bfloat16 and int8 on a CPU: close to float32, equal in every batch, little memory.

Processors without instructions for bfloat16 compute it, too, only slowly.
"""

import pytest
import torch

from annotate.evaluation.word_errors import match
from annotate.model.errors import AnnotateError
from annotate.recognizers import compute_types
from annotate.recognizers.batched_whisper import encoder
from annotate.recognizers.batched_whisper.engine import BatchedWhisper
from annotate.recognizers.batched_whisper.log_mel import log_mel
from annotate.recognizers.batched_whisper.network import Network
from annotate.recognizers.checkpoints import find
from annotate.recognizers.loading import load
from annotate.recognizers.options import ComputeType, DecodingOptions
from annotate.recognizers.recognizer import RecognizerOutput
from tests.sounds import spoken
from tests.whispers import an_input

pytestmark = pytest.mark.integration

CPU = torch.device("cpu")
QUANTIZED: tuple[ComputeType, ...] = ("bfloat16", "int8")
RECORDINGS = [
    an_input("astronaut-01", 0.0, 40.0),
    an_input("cat-01", 0.0, 8.0),
    an_input("coffee-02", 5.0, 11.0),
]


@pytest.fixture(autouse=True)
def any_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute_types, "has_bfloat16", lambda: True)
    monkeypatch.setattr(compute_types, "has_int8", lambda: True)


def transcribed(
    compute_type: ComputeType, batch: int = 8, temperature: float = 0.0
) -> dict[str, RecognizerOutput]:
    decoding = DecodingOptions(temperatures=(temperature,))
    engine = BatchedWhisper(find("demo"), "cpu", decoding, batch, compute_type=compute_type)
    assert engine.options()["compute_type"] == compute_type
    return {output.recording_id: output for output in engine.transcribe(RECORDINGS)}


@pytest.mark.parametrize(("dtype", "error"), [(torch.bfloat16, 0.02), (torch.int8, 0.06)])
@torch.inference_mode()
def test_features_are_close_to_openai_whispers(dtype: torch.dtype, error: float) -> None:
    mel = log_mel([spoken("cat-01", 0.0, 20.0)], 80, CPU)
    expected = load(find("demo"), "cpu").network.encoder(mel)
    network = load(find("demo"), "cpu").network
    Network(network, dtype)
    encoded = encoder.encode if dtype == torch.bfloat16 else lambda model, mel: model(mel)
    found = encoded(network.encoder, mel).float()
    assert found.shape == expected.shape
    assert 0 < float((found - expected).norm() / expected.norm()) < error


@pytest.mark.parametrize("compute_type", QUANTIZED)
def test_words_and_their_times_are_almost_those_of_float32(compute_type: ComputeType) -> None:
    exact, found = transcribed("float32"), transcribed(compute_type)
    errors = words = 0
    for name, output in exact.items():
        matched = match(output.words, found[name].words)
        errors, words = errors + matched.errors, words + matched.words
        apart = sorted(abs(one.start_ms - other.start_ms) for one, other in matched.right)
        assert apart[len(apart) // 2] <= 20
    assert words > 80
    assert errors <= 0.03 * words


@pytest.mark.parametrize("compute_type", QUANTIZED)
@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_batch_size_does_not_change_transcripts(
    compute_type: ComputeType, temperature: float
) -> None:
    expected = transcribed(compute_type, 1, temperature)
    assert transcribed(compute_type, 16, temperature) == expected
    assert all(output.words for output in expected.values())


def test_batches_fit_the_memory() -> None:
    def batch_of(memory_gb: float) -> tuple[int, int]:
        engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(), memory_gb=memory_gb)
        return engine.batch, engine._lanes

    little, more = batch_of(0.5), batch_of(8.0)
    assert little == (8, 1)
    assert more[0] >= 16
    assert more[1] == torch.get_num_threads()


def test_a_number_format_of_another_device_is_rejected_before_loading() -> None:
    with pytest.raises(AnnotateError, match="no float16 on this device"):
        BatchedWhisper(find("demo"), "cpu", DecodingOptions(), compute_type="float16")


def test_at_the_end_more_batches_share_the_same_memory() -> None:
    """Batches are padded to eight rows, so smaller ones would need more memory and not less."""

    def taken(batch: int) -> tuple[int | None, int | None]:
        engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(), batch)
        engine._lanes = 2
        batcher = BatchesTaken()
        engine._next(batcher, running=0)  # type: ignore[arg-type]
        return batcher.given

    assert taken(4) == (2, 4)
    assert taken(8) == (2, 8)
    assert taken(16) == (4, 8)
    assert taken(24) == (4, 8)
    assert taken(32) == (4, 16)


class BatchesTaken:
    """Records how many batches of which size the engine takes at the end."""

    given: tuple[int | None, int | None] = (None, None)

    def take(self, count: int, free: int, free_at_end: int, count_at_end: int) -> list[object]:
        self.given = (free_at_end, count_at_end)
        return []
