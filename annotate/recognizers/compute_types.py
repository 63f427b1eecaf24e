"""Number formats to compute in, by engine and processor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from annotate.model.errors import AnnotateError
from annotate.recognizers.options import ComputeType

_DTYPES = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "int8": torch.int8,
}
_ON = {"cpu": ("float32", "bfloat16", "int8"), "cuda": ("float16", "bfloat16", "float32")}


def dtype_of(compute_type: ComputeType | None, device: str) -> torch.dtype:
    """The number format of the `annotate` engine on a device.

    Args:
        compute_type: None takes the fastest that gives Whisper's accuracy: float16 on a GPU, and on
            a CPU bfloat16 where the processor multiplies it, else int8, else float32.

    Raises:
        AnnotateError: If the engine doesn't compute in it on the device.
    """
    kind = device.partition(":")[0]
    if compute_type is None:
        if kind == "cuda":
            return torch.float16
        if has_bfloat16():
            return torch.bfloat16
        return torch.int8 if has_int8() else torch.float32
    if compute_type not in _ON[kind]:
        other = " or --engine ctranslate2" if compute_type == "int8" else ""
        raise AnnotateError(
            f"the engine annotate has no {compute_type} on this device: "
            f"pass --compute-type {' or '.join(_ON[kind])}{other}"
        )
    if compute_type == "bfloat16" and kind == "cpu" and not has_bfloat16():
        raise AnnotateError("this processor has no bfloat16 instructions: leave out --compute-type")
    if compute_type == "int8" and not has_int8():
        raise AnnotateError(
            "torch has no fast products of 8-bit integers for this processor: leave out "
            "--compute-type"
        )
    return _DTYPES[compute_type]


def name_of(dtype: torch.dtype) -> str:
    """Such as `bfloat16`."""
    return str(dtype).removeprefix("torch.")


def check_stock(compute_type: ComputeType | None, device: str) -> None:
    """Reject a number format that openai-whisper doesn't compute in on a device.

    Raises:
        AnnotateError: If it is another than float32 on a CPU or float16 on a GPU.
    """
    own = "float16" if device.startswith("cuda") else "float32"
    if compute_type not in (None, own):
        raise AnnotateError(
            f"the engine stock computes in {own} on this device: leave out --compute-type, or pass "
            "--engine annotate"
        )


def has_bfloat16() -> bool:
    """Whether the CPU has instructions that multiply bfloat16."""
    capabilities: Mapping[str, Any] = torch.cpu.get_capabilities()
    return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def has_int8() -> bool:
    """Whether torch multiplies 8-bit integers faster than float32 on this CPU."""
    capabilities: Mapping[str, Any] = torch.cpu.get_capabilities()
    operators = (hasattr(torch.ops.onednn, f"qlinear_{one}") for one in ("prepack", "pointwise"))
    return bool(capabilities.get("avx2")) and all(operators)
