"""Training data and evaluation of the demo's checkpoint (tools/demo_recognizer)."""

from __future__ import annotations

import hashlib
import random
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import whisper

from annotate.demo_model import MODEL
from annotate.model.speech import Word

DEMO = Path(__file__).parents[3] / "data" / "demo"
CHECKPOINT = DEMO / "whisper-demo.pt"
sys.path[:0] = [str(Path(__file__).parents[3] / "tools" / "demo_recognizer")]

import batches  # noqa: E402
import evaluate  # noqa: E402
import export  # noqa: E402
import losses  # noqa: E402
import network  # noqa: E402
import optimizer  # noqa: E402
import takes  # noqa: E402
import text  # noqa: E402
import tokens  # noqa: E402
import trials  # noqa: E402
import voices  # noqa: E402

SENTENCES = 4000


def plain(line: str) -> str:
    """Lower-case words with single spaces, found independently of `text.plain_words`."""
    return " " + " ".join(re.findall(r"[a-z']+", line.lower())) + " "


def write_some(kind: str | None = None) -> list[str]:
    writer = text.Writer(random.Random("test"), text.narration_runs())
    return [writer.sentence(kind) for _ in range(SENTENCES)]


@pytest.fixture(scope="module")
def written() -> list[str]:
    return write_some()


def test_the_training_text_contains_no_narration(written: list[str]):
    training = "\n".join(plain(sentence) for sentence in written)
    runs = [
        words[first : first + text.SHARED_WORDS]
        for line in text.narration_lines()
        if len(words := plain(line).split())
        for first in range(max(1, len(words) - text.SHARED_WORDS + 1))
    ]
    assert len(runs) > 1000
    found = [run for run in runs if len(run) > 2 and f" {' '.join(run)} " in training]
    assert found == []


def test_a_sentence_of_a_narration_is_not_written():
    unrestricted = text.Writer(random.Random("same"), frozenset())
    first = unrestricted.sentence("grammar")
    restricted = text.Writer(random.Random("same"), text.runs(text.plain_words(first)))
    assert restricted.sentence("grammar") != first


def test_the_training_text_contains_no_held_out_text(written: list[str]):
    training = "\n".join(plain(sentence) for sentence in written)
    assert [line for line in trials.free_texts() if plain(line) in training] == []


def test_the_vocabulary_covers_the_narrations():
    vocabulary = {word.lower() for word in text.vocabulary()}
    spoken = {word for line in text.narration_lines() for word in plain(line).split()}
    assert 800 <= len(text.vocabulary()) <= 1500
    assert spoken - vocabulary == set()
    assert {"um", "uh", "like", "sorry", "no", "wait", "actually", "mean", "well"} <= vocabulary
    free = {word for line in trials.free_texts() for word in plain(line).split()}
    assert free - vocabulary == set()


def test_at_least_half_of_the_text_is_not_from_the_grammar():
    free = sum(share for kind, share in text.KINDS.items() if kind != "grammar")
    assert free >= 0.5
    assert sum(text.KINDS.values()) == pytest.approx(1)


@pytest.mark.parametrize("kind", list(text.KINDS))
def test_every_sentence_uses_the_vocabulary(kind: str):
    vocabulary = {word.lower() for word in text.vocabulary()}
    for sentence in write_some(kind)[:500]:
        assert set(text.plain_words(sentence)) <= vocabulary, sentence
        assert sentence[0].isupper()
        assert sentence.endswith(".")


def test_held_out_voices_are_not_in_the_training_set(tmp_path: Path):
    rng = random.Random("voices")
    studio = voices.Studio(tmp_path)
    trained = {studio.pick_voice(rng).name for _ in range(1500)}
    variants = {name.partition("+")[2] for name in trained}
    assert variants.isdisjoint(voices.HELD_OUT)
    held_out = {voices.pick_held_out_voice(rng).name for _ in range(200)}
    assert held_out.isdisjoint(trained)


def test_invented_voices_are_determined_by_the_seed(tmp_path: Path):
    studio = voices.Studio(tmp_path)

    def synthesize(seed: int) -> list[float]:
        studio.invent(random.Random(seed))
        voice = takes.Voice(f"en-us+{voices.INVENTED}", 150, 50)
        synthesizer = takes.Synthesizer(tmp_path)  # the library has state
        return [round(float(x), 3) for x in synthesizer.say("A red cat.", voice).samples[:20_000]]

    assert synthesize(1) == synthesize(1)
    assert synthesize(1) != synthesize(2)


def test_punctuation_spans_the_pause_after_it():
    sentence = takes.Sentence("Red, blue.", ((100, 300), (900, 1200)), ())
    found = tokens.encode_sentence(sentence, next_start_ms=2000)
    assert found.spans[-1] == (1200, 2000)
    assert (300, 900) in found.spans


def test_trials_are_deterministic():
    first, second = (next(iter(trials.grammar())) for _ in range(2))
    assert first[0] == second[0]
    assert np.array_equal(first[1], second[1])
    assert [word.text for word in first[2]] == [word.text for word in second[2]]


def test_the_signal_to_noise_ratio_is_15_db():
    def once():
        yield next(iter(trials.grammar()))

    clean, noisy = next(trials.clean(once)), next(trials.noisy(once))
    noise = noisy.samples - clean.samples
    voiced = clean.samples[np.abs(clean.samples) > 1e-3]
    ratio_db = 10 * np.log10(np.mean(voiced**2) / np.mean(noise**2))
    assert ratio_db == pytest.approx(trials.NOISE_DB, abs=0.1)


def test_a_word_after_a_pause_starts_a_sentence():
    spans = [(0, 100), (120, 300), (900, 1000)]
    words = [
        Word(text="a", start_ms=start, end_ms=end, probability=1, segment=0) for start, end in spans
    ]
    assert [trials.starts_sentence(words, index) for index in range(3)] == [True, False, True]


def test_orthogonal_steps_have_singular_values_near_one():
    torch.manual_seed(1)
    for shape in [(192, 192), (768, 192), (192, 768)]:
        moved = optimizer.orthogonalize(torch.randn(*shape))
        found = torch.linalg.svdvals(moved)
        assert moved.shape == shape
        near_one = ((found > 0.6) & (found < 1.3)).float().mean()
        assert near_one > 0.97  # a square matrix of noise has a few that are nearly 0


def test_uniform_attention_over_the_word_has_no_loss():
    spans = torch.tensor([[[4.0, 8.0]]])  # one window, one token, spoken in frames 4 to 7
    uniform, peak, early = (torch.full((1, 1, 1, 12), 1e-6) for _ in range(3))
    uniform[..., 4:8], peak[..., 4], early[..., 0] = 0.25, 1.0, 1.0
    losses_found = [
        float(losses._guidance(attention, spans)) for attention in (uniform, peak, early)
    ]
    assert losses_found[0] == pytest.approx(0, abs=0.01)
    assert losses_found[0] < losses_found[1] < losses_found[2]


def test_garbled_words_are_inputs_but_not_targets():
    line = batches._Line([tokens.SOT, 10, 11, 12], [10, 11, 12, tokens.EOT], [None] * 4)
    rng = random.Random(4)
    garbled = [batches._garble(line, rng) for _ in range(100)]
    assert {one.read[0] for one in garbled} == {tokens.SOT}
    assert {tuple(one.answer) for one in garbled} == {(10, 11, 12, tokens.EOT)}
    assert any(one.read != line.read for one in garbled)


def test_an_export_is_loaded_by_openai_whisper_and_suppresses_other_tokens(tmp_path: Path):
    torch.manual_seed(2)
    export.export(network.Recognizer(phonemes=3), tmp_path / "fresh.pt")
    model = whisper.load_model(str(tmp_path / "fresh.pt"), device="cpu").float()
    with torch.no_grad():
        logits = model(torch.randn(1, 80, 3000), torch.tensor([[50257, 50362]]))[0, -1]
    unknown = torch.ones(50_257, dtype=torch.bool)
    unknown[[number for number in tokens.known_tokens() if number < 50_257]] = False
    assert torch.allclose(logits[:50_257][unknown], torch.tensor(export.UNKNOWN))


def test_the_checkpoint_matches_the_model_card():
    data = CHECKPOINT.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    model_card = (DEMO / "MODEL.md").read_text(encoding="utf-8")
    assert sha256 == MODEL.sha256
    assert sha256 in model_card
    assert f"{len(data):,} bytes" in model_card
    assert len(data) <= 10_000_000


def test_the_checkpoint_recognizes_no_words_in_silence():
    quiet = np.zeros(20 * takes.HEARD_RATE, dtype=np.float32)
    assert evaluate.OpenAIWhisper(CHECKPOINT).transcribe(quiet).words == ()


def test_figures_of_one_recording():
    trial = next(trials.demo())
    stock = evaluate.OpenAIWhisper(CHECKPOINT).transcribe(trial.samples).words
    (pipeline_words,) = evaluate.Pipeline(CHECKPOINT).transcribe([trial])
    for recognized in (stock, pipeline_words):
        found = evaluate.measure([trial], [recognized])
        assert found["words"] == len(trial.words)
        assert 0 <= found["wer"] <= 0.1
        assert found["word_start_ms"]["median"] <= 40
    assert found["sentence_start_ms"]["p90"] <= 150
