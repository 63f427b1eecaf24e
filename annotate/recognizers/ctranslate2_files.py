"""Checks of a CTranslate2 folder that was converted elsewhere.

CTranslate2 and faster-whisper load a folder whose files don't fit each other, and then recognize
nonsense.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whisper.audio import CHUNK_LENGTH, HOP_LENGTH, N_FFT, SAMPLE_RATE

from annotate.model.errors import AnnotateError
from annotate.recognizers import model_folders
from annotate.recognizers.ctranslate2_reader import BFLOAT16, Variables

TOKENIZER, PREPROCESSOR = "tokenizer.json", "preprocessor_config.json"
VOCABULARY = "vocabulary.json"

FEATURES = {
    "sampling_rate": SAMPLE_RATE,
    "hop_length": HOP_LENGTH,
    "chunk_length": CHUNK_LENGTH,
    "n_fft": N_FFT,
}
"""How every Whisper model's log-mel spectrogram is computed, as `preprocessor_config.json` has it;
`feature_size` is the number of its channels."""

_DEFAULT_CHANNELS = 80
"""What faster-whisper takes where the configuration has no `feature_size`."""
_TIMESTAMPS = 1501
"""The tokens after `<|notimestamps|>`, which are the last ones of each vocabulary."""
_CHUNK = 1 << 22
_EXPONENTS: dict[np.dtype[Any], tuple[Any, int]] = {
    np.dtype(np.float32): (np.uint32, 0x7F80_0000),
    np.dtype(np.float16): (np.uint16, 0x7C00),
    BFLOAT16: (np.uint16, 0x7F80),
}
"""The unsigned integers of each number format, and the bits of the exponent, which are all set in
a number that is NaN or infinite."""


def check(folder: Path, variables: Variables, dims: Any) -> None:
    """Check that the folder's files fit each other and Whisper.

    Args:
        variables: Of its `model.bin`.
        dims: The number of mel channels, `n_mels`, and of tokens, `n_vocab`.

    Raises:
        AnnotateError: If they don't.
    """
    _check_features(folder, dims.n_mels)
    _check_tokenizer(folder, dims.n_vocab)
    _check_vocabulary(folder, dims.n_vocab)
    if damaged := [name for name, values in variables.items() if not _is_sound(name, values)]:
        raise AnnotateError(
            f"{folder} has weights that are NaN or infinite ({damaged[0]}): convert or download "
            "the model again"
        )


def is_finite(values: NDArray[Any]) -> bool:
    """Whether no number is NaN or infinite; of a mapped file only a part at a time is read."""
    if values.dtype not in _EXPONENTS:
        return True
    integers, exponent = _EXPONENTS[values.dtype]
    flat = values.reshape(-1).view(integers)
    for first in range(0, len(flat), _CHUNK):
        bits = flat[first : first + _CHUNK] & integers(exponent)
        if bits.max() == exponent:
            return False
    return True


def _is_sound(name: str, values: NDArray[Any]) -> bool:
    """Whether they are numbers; of integers, CTranslate2 divides each by its scale."""
    return is_finite(values) and (not name.endswith("_scale") or bool(values.all()))


def _check_features(folder: Path, channels: int) -> None:
    path = folder / PREPROCESSOR
    config = model_folders.read_json(path) if path.is_file() else {}
    if "feature_size" not in config and channels != _DEFAULT_CHANNELS:
        raise AnnotateError(
            f"{path} has no feature_size; the model has {channels} mel channels: copy the file "
            "from the model that was converted"
        )
    for name, expected in {**FEATURES, "feature_size": channels}.items():
        found = config.get(name, expected)
        if type(found) is not int or found != expected:
            raise AnnotateError(
                f"{path}: {name} is {found!r}, which for this model must be {expected}: copy the "
                "file from the model that was converted"
            )


def _check_tokenizer(folder: Path, tokens: int) -> None:
    path = folder / TOKENIZER
    if not path.is_file():  # faster-whisper would download another model's
        raise AnnotateError(
            f"{folder} has no {TOKENIZER}: copy it from the model that was converted"
        )
    import tokenizers

    try:
        found = tokenizers.Tokenizer.from_file(str(path)).token_to_id("<|notimestamps|>")
    except Exception as error:  # the library raises no other type
        raise AnnotateError(f"{path} is damaged: {str(error)[:200]}") from error
    if found != tokens - _TIMESTAMPS - 1:
        raise AnnotateError(
            f"{path} is another model's tokenizer: copy the one of the model that was converted"
        )


def _check_vocabulary(folder: Path, tokens: int) -> None:
    path = folder / VOCABULARY
    if not path.is_file():  # older converters write another file, which CTranslate2 checks
        return
    try:
        found = len(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise AnnotateError(f"{path} is damaged: {error}") from error
    if found != tokens:
        raise AnnotateError(
            f"{path} has {found} tokens and the model {tokens}: convert or download it again"
        )
