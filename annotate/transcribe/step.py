"""The transcribe stage: the recordings to transcribe. Only `transcribe_shard` imports torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from annotate.execution.step import Outcome, Step
from annotate.model.tables import Recordings, Transcripts
from annotate.recognizers.checkpoints import Checkpoint, find
from annotate.recognizers.options import ENGINE_VERSIONS, SPEED_ONLY, TranscribeOptions
from annotate.store.lake import Lake

if TYPE_CHECKING:
    from annotate.recognizers.recognizer import Recognizer


class Transcribe(Step):
    """Transcribe recordings without a transcript by these weights and options.

    Args:
        options: The recognizer and its settings.
        recognizer: A loaded engine; by default the one in the options is loaded when there is
            something to transcribe.
    """

    name = "transcribe"
    output = Transcripts
    id_column = "recording_id"
    version = 2
    shard_size = 2048
    exclusive = True

    def __init__(self, options: TranscribeOptions, recognizer: Recognizer | None = None):
        self.options = options
        self.hour_price = options.gpu_hour_price
        self._given = recognizer

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """The weights on disk; hashed, not loaded."""
        return find(self.options.model)

    @cached_property
    def recognizer(self) -> Recognizer:
        """The engine with its weights loaded, once per process."""
        if self._given is not None:
            return self._given
        # Planning must not import torch, which takes seconds.
        from annotate.recognizers import engines

        return engines.make(self.options, self.checkpoint)

    def prepare(self) -> None:
        """Load the weights, so that they don't count as time of work."""
        _ = self.recognizer

    def parameters(self) -> Mapping[str, Any]:
        """The engine, its version, the hash of its weights, and every option that counts."""
        plain = self.options.model_dump(mode="json", exclude={"model", *SPEED_ONLY})
        for name in ("alignment_heads", "compute_type"):
            if plain[name] is None:  # as in lakes made before there was this option
                del plain[name]
        engine = self._given.engine if self._given else self.options.engine
        return {
            **plain,
            "engine": engine,
            "engine_version": ENGINE_VERSIONS.get(engine, 1),
            "model": self._given.model_sha256 if self._given else self.checkpoint.sha256,
        }

    def inputs(self, lake: Lake) -> pl.DataFrame:
        """Every recording. The result depends on its audio, which the id hashes, and language."""
        rows = lake.current(Recordings).select(
            "recording_id", "blob", "language", input_key=pl.col("language").fill_null("")
        )
        return rows.sort("recording_id").collect()

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Transcribe a shard. A recording that can't be read is rejected; the others go on."""
        from annotate.transcribe.transcribe_shard import transcribe_shard

        return transcribe_shard(lake, shard, self.recognizer, self.options.activity)
