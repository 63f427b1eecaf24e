"""Loading of checkpoints in each format: weights, alignment heads and languages."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import whisper
from safetensors.torch import load_file, save_file

from annotate.model.errors import AnnotateError
from annotate.recognizers.batched_whisper.engine import BatchedWhisper
from annotate.recognizers.checkpoints import find
from annotate.recognizers.loading import given_language, known_languages, load
from annotate.recognizers.options import DecodingOptions
from annotate.recognizers.recognizer import RecognizerInput
from tests.builders import rec
from tests.sounds import silence
from tests.whispers import an_input, random_weights, save, save_hugging_face

pytestmark = pytest.mark.integration


def test_published_weights_have_their_published_alignment_heads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random weights of the dimensions of `tiny`, whose hash is registered as that of `tiny`."""
    checkpoint = save(random_weights(heads=6, layers=4), tmp_path / "mine.pt")
    default = load(checkpoint, "cpu").alignment_heads
    assert (default.source, len(default.heads)) == ("default", 12)  # the upper half
    published = f"https://example.org/{checkpoint.sha256}/tiny.pt"
    monkeypatch.setitem(whisper._MODELS, "tiny", published)
    loaded = load(checkpoint, "cpu")
    heads = [[2, 2], [3, 0], [3, 2], [3, 3], [3, 4], [3, 5]]
    assert loaded.alignment_heads.as_option() == {"source": "published", "heads": heads}
    assert loaded.network.alignment_heads.indices().T.tolist() == heads


@pytest.mark.parametrize("tied", [True, False])
def test_a_hugging_face_folder_has_the_weights_of_the_checkpoint(
    tmp_path: Path, tied: bool
) -> None:
    network = random_weights()
    folder = save_hugging_face(network, tmp_path / "fine-tuned")
    if not tied:  # as older versions of transformers write it
        weights = load_file(folder / "model.safetensors")
        embedding = weights["model.decoder.embed_tokens.weight"].clone()
        save_file({**weights, "proj_out.weight": embedding}, folder / "model.safetensors")
    loaded = load(find(str(folder)), "cpu").network
    expected = network.state_dict()
    assert loaded.dims == network.dims
    assert loaded.state_dict().keys() == expected.keys()
    for name, tensor in loaded.state_dict().items():
        assert torch.equal(tensor, expected[name]), name


def test_weights_in_several_files_are_joined(tmp_path: Path) -> None:
    network = random_weights()
    folder = save_hugging_face(network, tmp_path / "large")
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    parts = {name: f"model-0000{1 + (index % 2)}.safetensors" for index, name in enumerate(weights)}
    for file in set(parts.values()):
        part = {name: weights[name] for name in weights if parts[name] == file}
        save_file(part, folder / file)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": parts}))
    loaded = load(find(str(folder)), "cpu").network
    assert torch.equal(
        loaded.decoder.token_embedding.weight, network.decoder.token_embedding.weight
    )
    index.write_text(json.dumps({"weight_map": {"any": "../model.safetensors"}}))
    with pytest.raises(AnnotateError, match="names no files in its folder"):
        find(str(folder))


def test_a_hugging_face_folder_gives_the_words_and_times_of_the_checkpoint(tmp_path: Path) -> None:
    """The demo's weights, also in a folder; alignment heads from its generation_config.json."""
    demo = find("demo")
    network = load(demo, "cpu").network
    heads = network.alignment_heads.indices().T.tolist()
    folder = find(str(save_hugging_face(network, tmp_path / "fine-tuned", heads)))
    recording = an_input()
    engines = [BatchedWhisper(one, "cpu", DecodingOptions()) for one in (demo, folder)]
    (first,), (second,) = (list(engine.transcribe([recording])) for engine in engines)
    assert len(first.words) > 10
    assert (first.segments, first.words) == (second.segments, second.words)
    sources = [engine.options()["alignment_heads"]["source"] for engine in engines]
    assert sources == ["default", "config"]


def test_other_heads_give_other_times_for_the_same_words() -> None:
    recording = an_input()
    found = []
    for heads in (None, "1:0"):
        engine = BatchedWhisper(find("demo"), "cpu", DecodingOptions(), alignment_heads=heads)
        (output,) = engine.transcribe([recording])
        found.append(output)
    texts = [[word.text for word in output.words] for output in found]
    assert texts[0] == texts[1]
    assert found[0].words != found[1].words
    assert engine.options()["alignment_heads"] == {"source": "given", "heads": [[1, 0]]}


class _RunsCode:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("executed"),))


def test_a_checkpoint_with_code_is_rejected_and_not_executed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    network = random_weights()
    state = {"dims": vars(network.dims), "model_state_dict": _RunsCode()}
    torch.save(state, tmp_path / "hostile.pt")
    with pytest.raises(AnnotateError, match="is not a Whisper checkpoint"):
        load(find(str(tmp_path / "hostile.pt")), "cpu")
    assert not (tmp_path / "executed").exists()


def in_language(language: str | None) -> RecognizerInput:
    return RecognizerInput(recording_id=rec("a"), samples=silence(1), windows=(), language=language)


@pytest.mark.parametrize(
    ("option", "recording_language", "expected"),
    [
        (None, "de", "de"),
        ("fr", "de", "fr"),
        ("fr", None, "fr"),
        (None, None, None),
        (None, "en-US", None),  # a manifest may have any text
        (None, "yue", None),  # not among the 99 of the earlier checkpoints
    ],
)
def test_a_language_that_the_network_does_not_have_is_detected(
    option: str | None, recording_language: str | None, expected: str | None
) -> None:
    languages = known_languages(random_weights())
    assert len(languages) == 99
    decoding = DecodingOptions(language=option)
    assert given_language(in_language(recording_language), decoding, languages) == expected


def test_an_english_only_network_always_gets_english() -> None:
    assert given_language(in_language("de"), DecodingOptions(language="fr"), ("en",)) == "en"
