"""The training data and the evaluation of the demo's checkpoint (tools/demo_recognizer)."""

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
import eval_sets  # noqa: E402
import evaluate  # noqa: E402
import export  # noqa: E402
import losses  # noqa: E402
import network  # noqa: E402
import optimizer  # noqa: E402
import synthesis  # noqa: E402
import text  # noqa: E402
import tokens  # noqa: E402
import voices  # noqa: E402

SENTENCES = 4000


def plain(line: str) -> str:
    """Lower-case words with single spaces, computed independently of `text.plain_words`."""
    return " " + " ".join(re.findall(r"[a-z']+", line.lower())) + " "


def write_some(kind: str | None = None) -> list[str]:
    text_generator = text.TextGenerator(random.Random("test"), text.narration_ngrams())
    return [text_generator.sentence(kind) for _ in range(SENTENCES)]


@pytest.fixture(scope="module")
def written() -> list[str]:
    return write_some()


def test_the_training_text_contains_no_narration(written: list[str]):
    training = "\n".join(plain(sentence) for sentence in written)
    ngrams = [
        words[first : first + text.NGRAM_SIZE]
        for line in text.narration_lines()
        if len(words := plain(line).split())
        for first in range(max(1, len(words) - text.NGRAM_SIZE + 1))
    ]
    assert len(ngrams) > 1000
    assert [one for one in ngrams if len(one) > 2 and f" {' '.join(one)} " in training] == []


def test_a_sentence_of_a_narration_is_excluded():
    unrestricted = text.TextGenerator(random.Random("same"), frozenset())
    first = unrestricted.sentence("grammar")
    restricted = text.TextGenerator(random.Random("same"), text.ngrams(text.plain_words(first)))
    assert restricted.sentence("grammar") != first


def test_the_training_text_contains_no_held_out_text(written: list[str]):
    training = "\n".join(plain(sentence) for sentence in written)
    assert [line for line in eval_sets.free_texts() if plain(line) in training] == []


def test_the_vocabulary_covers_the_demo_s_narrations():
    vocabulary = {word.lower() for word in text.vocabulary()}
    narrated = {word for line in text.narration_lines() for word in plain(line).split()}
    assert 800 <= len(text.vocabulary()) <= 1500
    assert narrated - vocabulary == set()
    assert {"um", "uh", "like", "sorry", "no", "wait", "actually", "mean", "well"} <= vocabulary
    free = {word for line in eval_sets.free_texts() for word in plain(line).split()}
    assert free - vocabulary == set()


def test_half_or_more_of_the_text_is_not_from_the_grammar():
    free = sum(share for kind, share in text.KINDS.items() if kind != "grammar")
    assert free >= 0.5
    assert sum(text.KINDS.values()) == pytest.approx(1)


@pytest.mark.parametrize("kind", list(text.KINDS))
def test_every_sentence_consists_of_vocabulary_words(kind: str):
    vocabulary = {word.lower() for word in text.vocabulary()}
    for sentence in write_some(kind)[:500]:
        assert set(text.plain_words(sentence)) <= vocabulary, sentence
        assert sentence[0].isupper()
        assert sentence.endswith(".")


def test_held_out_voices_are_not_trained_on(tmp_path: Path):
    rng = random.Random("voices")
    sampler = voices.VoiceSampler(tmp_path)
    trained = {sampler.pick_voice(rng).name for _ in range(1500)}
    variants = {name.partition("+")[2] for name in trained}
    assert variants.isdisjoint(voices.HELD_OUT_VARIANTS)
    held_out = {voices.pick_held_out_voice(rng).name for _ in range(200)}
    assert held_out.isdisjoint(trained)


def test_invented_voices_differ_and_are_the_same_from_the_same_seed(tmp_path: Path):
    sampler = voices.VoiceSampler(tmp_path)

    def synthesize(seed: int) -> list[float]:
        sampler.invent_voice(random.Random(seed))
        voice = synthesis.Voice(f"en-us+{voices.INVENTED}", 150, 50)
        synthesizer = synthesis.Synthesizer(tmp_path)  # the library carries state over
        return [
            round(float(x), 3) for x in synthesizer.synthesize("A red cat.", voice).samples[:20_000]
        ]

    assert synthesize(1) == synthesize(1)
    assert synthesize(1) != synthesize(2)


def test_punctuation_spans_the_pause_after_it():
    sentence = synthesis.Sentence("Red, blue.", ((100, 300), (900, 1200)), ())
    found = tokens.encode_sentence(sentence, next_start_ms=2000)
    assert found.spans[-1] == (1200, 2000)
    assert (300, 900) in found.spans


def test_evaluation_sets_are_reproducible():
    first, second = (next(iter(eval_sets.grammar())) for _ in range(2))
    assert first[0] == second[0]
    assert np.array_equal(first[1], second[1])
    assert [word.text for word in first[2]] == [word.text for word in second[2]]


def test_noise_is_15_db_below_the_speech():
    def once():
        yield next(iter(eval_sets.grammar()))

    clean, noisy = next(eval_sets.clean(once)), next(eval_sets.noisy(once))
    noise = noisy.samples - clean.samples
    voiced = clean.samples[np.abs(clean.samples) > 1e-3]
    ratio_db = 10 * np.log10(np.mean(voiced**2) / np.mean(noise**2))
    assert ratio_db == pytest.approx(eval_sets.NOISE_DB, abs=0.1)


def test_a_word_after_a_pause_starts_a_sentence():
    spans = [(0, 100), (120, 300), (900, 1000)]
    words = [
        Word(text="a", start_ms=start, end_ms=end, probability=1, segment=0) for start, end in spans
    ]
    assert [eval_sets.starts_sentence(words, index) for index in range(3)] == [True, False, True]


def test_orthogonal_steps_have_singular_values_near_one():
    torch.manual_seed(1)
    for shape in [(192, 192), (768, 192), (192, 768)]:
        moved = optimizer.orthogonalize(torch.randn(*shape))
        found = torch.linalg.svdvals(moved)
        assert moved.shape == shape
        near_one = ((found > 0.6) & (found < 1.3)).float().mean()
        assert near_one > 0.97  # a square matrix of noise has a few that are nearly 0


def test_the_loss_of_even_attention_over_the_whole_word_is_zero():
    spans = torch.tensor([[[4.0, 8.0]]])  # one window, one token, spoken in frames 4 to 7
    even, peak, early = (torch.full((1, 1, 1, 12), 1e-6) for _ in range(3))
    even[..., 4:8], peak[..., 4], early[..., 0] = 0.25, 1.0, 1.0
    values = [
        float(losses._guided_attention_loss(attention, spans)) for attention in (even, peak, early)
    ]
    assert values[0] == pytest.approx(0, abs=0.01)
    assert values[0] < values[1] < values[2]


def test_replaced_words_are_input_and_never_targets():
    sequence = batches._DecoderSequence(
        [tokens.SOT, 10, 11, 12], [10, 11, 12, tokens.EOT], [None] * 4
    )
    rng = random.Random(4)
    corrupted = [batches._corrupt_input(sequence, rng) for _ in range(100)]
    assert {one.decoder_input_ids[0] for one in corrupted} == {tokens.SOT}
    assert {tuple(one.labels) for one in corrupted} == {(10, 11, 12, tokens.EOT)}
    assert any(one.decoder_input_ids != sequence.decoder_input_ids for one in corrupted)


def test_stock_whisper_reads_an_export_and_other_tokens_have_the_logit_of_untrained_ones(
    tmp_path: Path,
):
    torch.manual_seed(2)
    export.export(network.Recognizer(phonemes=3), tmp_path / "fresh.pt")
    model = whisper.load_model(str(tmp_path / "fresh.pt"), device="cpu").float()
    with torch.no_grad():
        logits = model(torch.randn(1, 80, 3000), torch.tensor([[50257, 50362]]))[0, -1]
    untrained = torch.ones(50_257, dtype=torch.bool)
    untrained[[token for token in tokens.trained_tokens() if token < 50_257]] = False
    assert torch.allclose(logits[:50_257][untrained], torch.tensor(export.UNTRAINED_LOGIT))


def test_the_checkpoint_has_the_hash_and_size_in_its_model_card():
    data = CHECKPOINT.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    model_card = (DEMO / "MODEL.md").read_text(encoding="utf-8")
    assert sha256 == MODEL.sha256
    assert sha256 in model_card
    assert f"{len(data):,} bytes" in model_card
    assert len(data) <= 10_000_000


def test_the_checkpoint_recognizes_no_words_in_silence():
    silence = np.zeros(20 * synthesis.WHISPER_RATE, dtype=np.float32)
    assert evaluate.OpenAIWhisper(CHECKPOINT).transcribe(silence).words == ()


def test_figures_of_one_recording():
    recording = next(eval_sets.demo())
    stock = evaluate.OpenAIWhisper(CHECKPOINT).transcribe(recording.samples).words
    (pipeline,) = evaluate.Pipeline(CHECKPOINT).transcribe([recording])
    for hypothesis in (stock, pipeline):
        found = evaluate.measure([recording], [hypothesis])
        assert found["words"] == len(recording.words)
        assert 0 <= found["wer"] <= 0.1
        assert found["word_start_ms"]["median"] <= 40
    assert found["sentence_start_ms"]["p90"] <= 150
