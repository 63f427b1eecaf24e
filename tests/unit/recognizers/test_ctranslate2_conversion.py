"""Conversion of openai-whisper's checkpoints to CTranslate2, with random weights."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from whisper.model import ModelDimensions, Whisper
from whisper.tokenizer import get_tokenizer

from annotate.model.errors import AnnotateError
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.ctranslate2_conversion import converted, tokenizer_file, write

ENGLISH, MULTILINGUAL, WITH_CANTONESE = 51864, 51865, 51866
TEXTS = (
    " This is a photograph of two red chairs.",
    " don't you've it's 1,234 naïve café, 日本語 Привет ♪♪ \U0001f3a7",
    "  two  spaces\n\nand\tmore \n",
    "",
)


def a_network(vocabulary: int, layers: int = 2) -> Whisper:
    torch.manual_seed(1)
    network = Whisper(
        ModelDimensions(
            n_mels=80,
            n_audio_ctx=1500,
            n_audio_state=16,
            n_audio_head=2,
            n_audio_layer=1,
            n_vocab=vocabulary,
            n_text_ctx=448,
            n_text_state=16,
            n_text_head=2,
            n_text_layer=layers,
        )
    ).eval()
    for weights in network.parameters():
        torch.nn.init.normal_(weights, std=0.5)
    network.load_state_dict({name: value.half() for name, value in network.state_dict().items()})
    return network


def saved(network: Whisper, folder: Path) -> Checkpoint:
    path = folder / "tiny.pt"
    state = {name: value.half() for name, value in network.state_dict().items()}
    torch.save({"dims": vars(network.dims), "model_state_dict": state}, path)
    return Checkpoint(name="tiny.pt", path=path, sha256="ab" * 32)


@pytest.mark.parametrize("vocabulary", [ENGLISH, MULTILINGUAL, WITH_CANTONESE])
def test_every_token_has_the_same_id(vocabulary: int) -> None:
    multilingual, languages = vocabulary > ENGLISH, vocabulary - 51765 - (vocabulary > ENGLISH)
    tokenizer = get_tokenizer(multilingual, num_languages=languages)
    converted_tokenizer = tokenizer_file(tokenizer)
    assert converted_tokenizer.get_vocab_size() == vocabulary
    for text in TEXTS:
        ids = tokenizer.encode(text)
        assert converted_tokenizer.encode(text, add_special_tokens=False).ids == ids
        assert converted_tokenizer.decode(ids) == text
    for text, number in tokenizer.special_tokens.items():
        assert converted_tokenizer.token_to_id(text) == number


@pytest.mark.parametrize("vocabulary", [ENGLISH, WITH_CANTONESE])
def test_each_token_has_the_same_probability(vocabulary: int, tmp_path: Path) -> None:
    import ctranslate2

    network = a_network(vocabulary)
    write(network, tmp_path)
    model = ctranslate2.models.Whisper(str(tmp_path), device="cpu", compute_type="float32")
    assert model.is_multilingual == network.is_multilingual
    mel = torch.randn(1, 80, 3000, generator=torch.Generator().manual_seed(2))
    tokenizer = get_tokenizer(network.is_multilingual, num_languages=network.num_languages)
    start, text = list(tokenizer.sot_sequence), tokenizer.encode(TEXTS[0])
    tokens = torch.tensor([[*start, tokenizer.no_timestamps, *text]])
    with torch.no_grad():
        logits = network(mel, tokens)[0, len(start) : -1, : tokenizer.eot]
    probabilities = logits.softmax(-1)[range(len(text)), text]
    features = ctranslate2.StorageView.from_array(mel.numpy())
    (found,) = model.align(features, start, [text], [3000])
    assert found.text_token_probs == pytest.approx(probabilities.tolist(), rel=1e-3)
    assert max(found.text_token_probs) > 1.5 * min(found.text_token_probs)  # not all the same


def test_weights_are_stored_as_float16_only_if_exact(tmp_path: Path) -> None:
    network = a_network(ENGLISH)
    sizes = []
    for folder in (tmp_path / "exact", tmp_path / "not"):
        folder.mkdir()
        write(network, folder)
        sizes.append((folder / "model.bin").stat().st_size)
        network.decoder.ln.weight.data += 1e-6  # not representable as float16
    assert 1.9 < sizes[1] / sizes[0] < 2.1


def converted_json(network: Whisper, folder: Path, name: str) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    write(network, folder)
    found: dict[str, Any] = json.loads((folder / name).read_text("utf-8"))
    return found


def test_the_models_alignment_heads_are_converted(tmp_path: Path) -> None:
    network = a_network(ENGLISH)
    assert converted_json(network, tmp_path, "config.json")["alignment_heads"] == [[1, 0], [1, 1]]
    heads = torch.tensor([[False, True], [True, False]])
    network.register_buffer("alignment_heads", heads.to_sparse(), persistent=False)
    assert converted_json(network, tmp_path, "config.json")["alignment_heads"] == [[0, 1], [1, 0]]


def test_only_a_multilingual_model_has_languages(tmp_path: Path) -> None:
    english = converted_json(a_network(ENGLISH), tmp_path / "en", "config.json")
    every = converted_json(a_network(WITH_CANTONESE), tmp_path / "all", "config.json")
    assert english["lang_ids"] == []
    assert every["lang_ids"] == list(range(50259, 50359))
    assert english["suppress_ids_begin"] == [220, 50256]
    assert 50361 in english["suppress_ids"]  # the token <|nospeech|>


def test_a_checkpoint_is_converted_once(tmp_path: Path) -> None:
    checkpoint = saved(a_network(ENGLISH), tmp_path)
    folder = converted(checkpoint, tmp_path / "cache")
    before = (folder / "model.bin").stat()
    checkpoint.path.unlink()  # no longer needed
    assert converted(checkpoint, tmp_path / "cache") == folder
    assert (folder / "model.bin").stat() == before
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [folder.name]


def test_other_weights_get_a_separate_folder(tmp_path: Path) -> None:
    checkpoint = saved(a_network(ENGLISH), tmp_path)
    other = Checkpoint(name="tiny.pt", path=checkpoint.path, sha256="cd" * 32)
    assert converted(checkpoint, tmp_path) != converted(other, tmp_path)


def test_a_failed_conversion_leaves_no_files(tmp_path: Path) -> None:
    path = tmp_path / "broken.pt"
    path.write_bytes(b"not weights")
    with pytest.raises(AnnotateError, match="not a Whisper checkpoint"):
        converted(Checkpoint(name="broken.pt", path=path, sha256="0" * 64), tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_cache_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(AnnotateError, match="set XDG_CACHE_HOME"):
        converted(saved(a_network(ENGLISH), tmp_path), tmp_path / "cache")
