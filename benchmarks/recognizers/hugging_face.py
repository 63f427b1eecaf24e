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

import annotate.demo_model  # noqa: F401 - registers the demo's checkpoint for `find`
from annotate.media.audio import RATE
from annotate.recognizers.checkpoints import find
from annotate.recognizers.loading import load
from benchmarks.recognizers.engine_task import (
    Clip,
    ClipTranscript,
    Engine,
    EngineTask,
    decode_ahead,
    in_ms,
)

WEIGHT_NAMES = (
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
"""Parts of openai-whisper's and Hugging Face's weight names, replaced in this order."""


def transformers(task: EngineTask) -> Engine:
    """`pipeline("automatic-speech-recognition")` with 30 s chunks in batches, word times."""
    from transformers import AutomaticSpeechRecognitionPipeline, WhisperFeatureExtractor
    from transformers import __version__ as version

    network = load(find(task.model), "cpu").network
    tokenizer = get_tokenizer(network.is_multilingual, num_languages=network.num_languages)
    half = task.device == "cuda"
    pipe = AutomaticSpeechRecognitionPipeline(
        model=model(network, tokenizer).to(torch.float16 if half else torch.float32),
        tokenizer=transformers_tokenizer(tokenizer),
        feature_extractor=WhisperFeatureExtractor(feature_size=network.dims.n_mels),
        device=task.device,
    )
    multilingual = {"language": task.language, "task": "transcribe"}
    language_options = multilingual if network.is_multilingual else {}
    settings: dict[str, Any] = {
        "ignore_warning": True,  # that chunks are experimental
        "chunk_length_s": 30,  # the default overlap is 5 s on both sides
        "batch_size": task.batch_size,
        "return_timestamps": "word",
        "generate_kwargs": {"do_sample": False, "num_beams": 1, **language_options},
    }

    def run(clips: Iterable[Clip]) -> Iterator[ClipTranscript]:
        pending_names: list[str] = []

        def inputs() -> Iterator[dict[str, Any]]:
            for name, samples in decode_ahead(clips):
                pending_names.append(name)
                yield {"raw": samples, "sampling_rate": RATE}

        for result in pipe(inputs(), **settings):
            yield ClipTranscript(name=pending_names.pop(0), words=tuple(_words(result["chunks"])))

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
    converted = WhisperForConditionalGeneration(
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
    weights = {hugging_face_name(key): value for key, value in network.state_dict().items()}
    converted.model.load_state_dict(weights)
    converted.tie_weights()
    converted.generation_config = GenerationConfig(**ends, **_generation(network, tokenizer))
    return converted.eval()


def _generation(network: Any, tokenizer: Tokenizer) -> dict[str, Any]:
    special = tokenizer.special_tokens
    suppressed = [special[f"<|{name}|>"] for name in ("transcribe", "translate", "startoflm")]
    suppressed += [tokenizer.sot, tokenizer.sot_prev, tokenizer.no_speech]
    config: dict[str, Any] = {
        "is_multilingual": network.is_multilingual,
        "no_timestamps_token_id": tokenizer.no_timestamps,
        "prev_sot_token_id": tokenizer.sot_prev,
        "max_initial_timestamp_index": 50,
        "max_length": network.dims.n_text_ctx,
        "suppress_tokens": sorted({*tokenizer.non_speech_tokens, *suppressed}),
        "begin_suppress_tokens": [*tokenizer.encode(" "), tokenizer.eot],
        "alignment_heads": network.alignment_heads.indices().T.tolist(),
        "return_timestamps": True,
    }
    if network.is_multilingual:
        codes = list(LANGUAGES)[: network.num_languages]
        config["lang_to_id"] = {f"<|{code}|>": special[f"<|{code}|>"] for code in codes}
        tasks = {"transcribe": tokenizer.transcribe, "translate": tokenizer.translate}
        config["task_to_id"] = tasks
    return config


def hugging_face_name(name: str) -> str:
    """The name of a weight of openai-whisper's in Hugging Face's format."""
    for whisper_name, hugging_face_name in WEIGHT_NAMES:
        name = name.replace(whisper_name, hugging_face_name)
    return name


def transformers_tokenizer(tokenizer: Tokenizer) -> Any:
    """openai-whisper's tokenizer as a `transformers` tokenizer."""
    from transformers import WhisperTokenizer

    from annotate.recognizers.ctranslate2_conversion import tokenizer_file

    with tempfile.TemporaryDirectory() as folder:
        tokenizer_file(tokenizer).save(str(Path(folder) / "tokenizer.json"))
        converted = WhisperTokenizer.from_pretrained(folder)
    converted.pad_token = converted.eos_token  # batches are padded with it
    return converted
