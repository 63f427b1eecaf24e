"""Alignment heads: the order of their sources, and invalid ones."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import whisper

from annotate.model.errors import AnnotateError
from annotate.recognizers import alignment_heads
from annotate.recognizers.alignment_heads import choose, parse
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.options import TranscribeOptions

BASE = {"n_mels": 80, "n_audio_layer": 6, "n_text_layer": 6, "n_text_head": 8, "n_vocab": 51865}
OF_BASE = [[3, 1], [4, 2], [4, 3], [4, 7], [5, 1], [5, 2], [5, 4], [5, 6]]
"""openai-whisper's heads of `base`."""


def dims(**changed: int) -> Any:
    return SimpleNamespace(**BASE | changed)


def checkpoint(sha256: str = "0" * 64) -> Checkpoint:
    return Checkpoint(name="mine", path=Path("mine"), sha256=sha256)


def published_sha256(name: str) -> str:
    sha256: str = whisper._MODELS[name].split("/")[-2]
    return sha256


def test_published_weights_have_the_published_heads() -> None:
    chosen = choose(checkpoint(published_sha256("base")), dims(), [[0, 0]])
    assert chosen.as_option() == {"source": "published", "heads": OF_BASE}


def test_the_configuration_comes_before_the_dimensions() -> None:
    chosen = choose(checkpoint(), dims(), [[5, 0], [3, 1]])
    assert chosen.as_option() == {"source": "config", "heads": [[3, 1], [5, 0]]}


@pytest.mark.parametrize("empty", [None, []])
def test_other_weights_of_the_same_dimensions_have_the_published_heads(empty: object) -> None:
    chosen = choose(checkpoint(), dims(), empty)
    assert chosen.as_option() == {"source": "same_dimensions", "heads": OF_BASE}
    english = choose(checkpoint(), dims(n_vocab=51864))
    assert english.source == "same_dimensions"
    assert english.heads != chosen.heads


def test_unknown_dimensions_have_the_upper_half() -> None:
    chosen = choose(checkpoint(), dims(n_text_layer=3, n_text_head=2))
    assert chosen.as_option() == {"source": "default", "heads": [[1, 0], [1, 1], [2, 0], [2, 1]]}


def test_given_heads_come_first() -> None:
    chosen = choose(checkpoint(published_sha256("base")), dims(), [[0, 0]], "5:6,3:1,5:6")
    assert chosen.as_option() == {"source": "given", "heads": [[3, 1], [5, 6]]}


@pytest.mark.parametrize("name", [name for name in whisper.available_models() if name != "large"])
def test_every_published_checkpoint_is_found_by_its_dimensions(name: str) -> None:
    """large-v1 has the dimensions of large-v2, and other heads."""
    shapes = alignment_heads._SAME.items()
    aliases = {"large-v3-turbo": "turbo", "large-v1": "large-v2"}
    assert aliases.get(name, name) in [one for _, one in shapes]


@pytest.mark.parametrize("config", [[[6, 0]], [[0, 8]], [[-1, 0]]])
def test_a_head_that_does_not_exist_is_an_error(config: list[list[int]]) -> None:
    with pytest.raises(AnnotateError, match=r"there is no head .*layers 0 to 5 with heads 0 to 7"):
        choose(checkpoint(), dims(), config)


@pytest.mark.parametrize(
    "config", ["3:1", [3, 1], [[3]], [[3, "1"]], [[True, 1]], {"3": 1}, {}, 0, False]
)
def test_an_invalid_configuration_is_an_error(config: object) -> None:
    with pytest.raises(AnnotateError, match="are not pairs of a layer and a head"):
        choose(checkpoint(), dims(), config)


def test_heads_as_text() -> None:
    assert TranscribeOptions(alignment_heads=" 3:1, 4:2 ").alignment_heads == "3:1,4:2"
    assert parse("4:2,3:1") == ((3, 1), (4, 2))
    for text in ("", "3", "3:", "3:1,", "a:b", "3:1;4:2", "-1:2", "\u0661:\u0660"):
        with pytest.raises(ValueError, match="LAYER:HEAD"):
            TranscribeOptions(alignment_heads=text)
