"""The Hugging Face pipeline on the same weights, where `transformers` is installed.

It isn't among the project's dependencies: `pip install transformers`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from whisper.tokenizer import LANGUAGES, Tokenizer, get_tokenizer

import annotate.demo_model  # noqa: F401 - `find` knows the demo's checkpoint
from annotate.media.audio import RATE
from annotate.recognizers.checkpoints import find
from annotate.recognizers.loading import load
from benchmarks.recognizers.engine_task import (
    Clip,
    ClipTranscript,
    Engine,
    EngineTask,
    decoded,
    in_ms,
)

NAMES = (
    ("blocks.", "layers."),
    ("cross_attn_ln", "encoder_attn_layer_norm"),
    ("attn_ln", "self_attn_layer_norm"),
    ("mlp_ln", "final_layer_norm"),
    ("mlp.0", "fc1"),
    ("mlp.2", "fc2"),
    ("cross_attn.", "encoder_attn."),
    (".attn.", ".self_attn."),
    (".query.", ".q_proj."),
    (".key.", ".k_proj."),
    (".value.", ".v_proj."),
    (".out.", ".out_proj."),
    ("ln_post.", "layer_norm."),
    ("decoder.ln.", "decoder.layer_norm."),
    ("token_embedding.", "embed_tokens."),
    ("positional_embedding", "embed_positions.weight"),
)
"""openai-whisper's names of weights and Hugging Face's, to be replaced in this order."""


def transformers(job: EngineTask) -> Engine:
    """`pipeline("automatic-speech-recognition")` with 30 s chunks in batches, word times."""
    from transformers import AutomaticSpeechRecognitionPipeline, WhisperFeatureExtractor
    from transformers import __version__ as version

    network = load(find(job.model), "cpu")
    tokenizer = get_tokenizer(network.is_multilingual, num_languages=network.num_languages)
    half = job.device == "cuda"
    pipe = AutomaticSpeechRecognitionPipeline(
        model=model(network, tokenizer).to(torch.float16 if half else torch.float32),
        tokenizer=peer_tokenizer(tokenizer),
        feature_extractor=WhisperFeatureExtractor(feature_size=network.dims.n_mels),
        device=job.device,
    )
    spoken = {"language": job.language, "task": "transcribe"} if network.is_multilingual else {}
    settings: dict[str, Any] = {
        "ignore_warning": True,  # that chunks are experimental
        "chunk_length_s": 30,  # overlapping by 5 s on both sides, as it does by itself
        "batch_size": job.batch_size,
        "return_timestamps": "word",
        "generate_kwargs": {"do_sample": False, "num_beams": 1, **spoken},
    }

    def run(clips: Iterable[Clip]) -> Iterator[ClipTranscript]:
        waiting: list[str] = []

        def feed() -> Iterator[dict[str, Any]]:
            for name, samples in decoded(clips):
                waiting.append(name)
                yield {"raw": samples, "sampling_rate": RATE}

        for result in pipe(feed(), **settings):
            yield ClipTranscript(name=waiting.pop(0), words=tuple(_words(result["chunks"])))

    return Engine(run=run, settings=settings | {"transformers": version})


def _words(chunks: Iterable[dict[str, Any]]) -> Iterator[tuple[str, int, int]]:
    for chunk in chunks:
        start, end = chunk["timestamp"]
        if chunk["text"].strip():
            yield chunk["text"].strip(), in_ms(start), in_ms(start if end is None else end)


def model(network: Any, tokenizer: Tokenizer) -> Any:
    """A `whisper.model.Whisper` as `WhisperForConditionalGeneration`, float32."""
    from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

    dims = network.dims
    ends = {"pad_token_id": tokenizer.eot, "bos_token_id": tokenizer.eot}
    ends |= {"eos_token_id": tokenizer.eot, "decoder_start_token_id": tokenizer.sot}
    made = WhisperForConditionalGeneration(
        WhisperConfig(
            vocab_size=dims.n_vocab,
            num_mel_bins=dims.n_mels,
            d_model=dims.n_audio_state,
            encoder_layers=dims.n_audio_layer,
            encoder_attention_heads=dims.n_audio_head,
            encoder_ffn_dim=4 * dims.n_audio_state,
            decoder_layers=dims.n_text_layer,
            decoder_attention_heads=dims.n_text_head,
            decoder_ffn_dim=4 * dims.n_text_state,
            max_source_positions=dims.n_audio_ctx,
            max_target_positions=dims.n_text_ctx,
            **ends,
        )
    )
    made.model.load_state_dict({_name(key): value for key, value in network.state_dict().items()})
    made.tie_weights()
    made.generation_config = GenerationConfig(**ends, **_generation(network, tokenizer))
    return made.eval()


def _generation(network: Any, tokenizer: Tokenizer) -> dict[str, Any]:
    special = tokenizer.special_tokens
    never = [special[f"<|{name}|>"] for name in ("transcribe", "translate", "startoflm")]
    never += [tokenizer.sot, tokenizer.sot_prev, tokenizer.no_speech]
    told: dict[str, Any] = {
        "is_multilingual": network.is_multilingual,
        "no_timestamps_token_id": tokenizer.no_timestamps,
        "prev_sot_token_id": tokenizer.sot_prev,
        "max_initial_timestamp_index": 50,
        "max_length": network.dims.n_text_ctx,
        "suppress_tokens": sorted({*tokenizer.non_speech_tokens, *never}),
        "begin_suppress_tokens": [*tokenizer.encode(" "), tokenizer.eot],
        "alignment_heads": network.alignment_heads.indices().T.tolist(),
        "return_timestamps": True,
    }
    if network.is_multilingual:
        codes = list(LANGUAGES)[: network.num_languages]
        told["lang_to_id"] = {f"<|{code}|>": special[f"<|{code}|>"] for code in codes}
        told["task_to_id"] = {"transcribe": tokenizer.transcribe, "translate": tokenizer.translate}
    return told


def _name(name: str) -> str:
    for ours, theirs in NAMES:
        name = name.replace(ours, theirs)
    return name


def peer_tokenizer(tokenizer: Tokenizer) -> Any:
    """openai-whisper's tokenizer as `transformers`' own."""
    from transformers import WhisperTokenizer

    from annotate.recognizers.ctranslate2_conversion import tokenizer_file

    with tempfile.TemporaryDirectory() as folder:
        tokenizer_file(tokenizer).save(str(Path(folder) / "tokenizer.json"))
        made = WhisperTokenizer.from_pretrained(folder)
    made.pad_token = made.eos_token  # batches are padded with it
    return made
