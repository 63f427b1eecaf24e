"""Number formats by engine and device."""

import pytest
import torch

from annotate.model.errors import AnnotateError
from annotate.recognizers import compute_types
from annotate.recognizers.compute_types import check_stock, dtype_of, name_of


def on_a_processor(
    monkeypatch: pytest.MonkeyPatch, *, bfloat16: bool = False, int8: bool = False
) -> None:
    monkeypatch.setattr(compute_types, "has_bfloat16", lambda: bfloat16)
    monkeypatch.setattr(compute_types, "has_int8", lambda: int8)


@pytest.mark.parametrize(
    ("bfloat16", "int8", "device", "expected"),
    [
        (True, True, "cpu", torch.bfloat16),
        (False, True, "cpu", torch.int8),
        (False, False, "cpu", torch.float32),
        (True, True, "cuda", torch.float16),
        (False, False, "cuda:1", torch.float16),
    ],
)
def test_by_default_the_fastest_that_keeps_whispers_accuracy(
    monkeypatch: pytest.MonkeyPatch, bfloat16: bool, int8: bool, device: str, expected: torch.dtype
) -> None:
    on_a_processor(monkeypatch, bfloat16=bfloat16, int8=int8)
    assert dtype_of(None, device) == expected


def test_a_given_number_format_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_processor(monkeypatch, bfloat16=True, int8=True)
    assert dtype_of("int8", "cpu") == torch.int8
    assert dtype_of("float32", "cpu") == torch.float32
    assert dtype_of("bfloat16", "cpu") == torch.bfloat16
    assert dtype_of("bfloat16", "cuda:0") == torch.bfloat16
    assert name_of(torch.bfloat16) == "bfloat16"


@pytest.mark.parametrize(
    ("compute_type", "device", "message"),
    [
        ("float16", "cpu", "pass --compute-type float32 or bfloat16 or int8"),
        ("int8", "cpu", "no fast products of 8-bit integers for this processor: leave out"),
        ("int8", "cuda", "or --engine ctranslate2"),
        ("int8", "cuda", "pass --compute-type float16 or bfloat16 or float32"),
        ("bfloat16", "cpu", "no bfloat16 instructions: leave out --compute-type"),
    ],
)
def test_an_unsupported_number_format_names_the_others(
    monkeypatch: pytest.MonkeyPatch, compute_type: object, device: str, message: str
) -> None:
    on_a_processor(monkeypatch)
    with pytest.raises(AnnotateError, match=message):
        dtype_of(compute_type, device)  # type: ignore[arg-type]


def test_openai_whisper_has_one_number_format_a_device() -> None:
    check_stock(None, "cpu")
    check_stock("float32", "cpu")
    check_stock("float16", "cuda:0")
    with pytest.raises(AnnotateError, match="stock computes in float32 on this device"):
        check_stock("bfloat16", "cpu")
    with pytest.raises(AnnotateError, match="stock computes in float16"):
        check_stock("float32", "cuda")
