"""The transcribe stage: the recordings to transcribe.

Only `transcribe_shard` and `engine_speed` import torch.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from annotate.execution.step import Outcome, Step
from annotate.model.tables import Recordings, Transcripts
from annotate.recognizers import engines
from annotate.recognizers.checkpoints import Checkpoint, find
from annotate.recognizers.options import (
    AUTO,
    ENGINE_VERSIONS,
    SPEED_ONLY,
    Engine,
    TranscribeOptions,
)
from annotate.store.lake import Lake
from annotate.transcribe import engine_choice

if TYPE_CHECKING:
    from annotate.recognizers.recognizer import Recognizer
    from annotate.transcribe.engine_choice import Choice

LOG = logging.getLogger(__name__)


class Transcribe(Step):
    """Transcribe recordings without a transcript by these weights and options.

    Args:
        options: The recognizer and its settings.
        recognizer: A loaded engine; by default the one in the options is loaded when there is
            something to transcribe.

    Attributes:
        options: As given; `decide` replaces the engine `auto` by the one that it chooses.
    """

    name = "transcribe"
    output = Transcripts
    id_column = "recording_id"
    version = 2
    shard_size = 2048
    exclusive = True

    def __init__(self, options: TranscribeOptions, recognizer: Recognizer | None = None):
        self.options = options
        self._configured = options
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
        return engines.make(self.options, self.checkpoint)

    def prepare(self) -> None:
        """Load the weights, so that they don't count as time of work."""
        _ = self.recognizer

    def decide(self, lake: Lake, *, measure: bool, held: bool = False) -> None:
        """Choose the engine, if the options leave it open; log which one and why.

        Args:
            measure: Whether engines may be measured and the choice recorded.
            held: Whether the engine will be used for recordings that aren't in the lake yet.
        """
        loaded = self._given is not None or "recognizer" in vars(self)
        if self._configured.engine != AUTO or loaded:
            return
        steps = {
            engine: Transcribe(self._with(engine))
            for engine in engines.suitable(self._configured, self.checkpoint)
        }
        for step in steps.values():
            step.checkpoint = self.checkpoint  # hashed once
        if not measure:
            self.options = self._with(engine_choice.without_measuring(lake, steps).engine)
            return

        def fastest(candidates: Sequence[Engine], recordings: pl.DataFrame) -> Choice:
            return self._fastest(lake, candidates, recordings)

        choice = engine_choice.choose(lake, steps, fastest, held=held)
        self.options = self._with(choice.engine)
        # A warning is shown on standard error without any set-up of logging.
        LOG.warning("%s", choice)

    def _with(self, engine: Engine) -> TranscribeOptions:
        return self._configured.model_copy(update={"engine": engine})

    def _fastest(
        self, lake: Lake, candidates: Sequence[Engine], recordings: pl.DataFrame
    ) -> Choice:
        # Only here: planning imports no torch, which takes seconds, unless engines are measured.
        from annotate.transcribe.engine_speed import fastest, take_sample

        sample = take_sample(lake, recordings, self._configured.activity)
        return fastest(
            candidates, sample, lambda engine: engines.make(self._with(engine), self.checkpoint)
        )

    def parameters(self) -> Mapping[str, Any]:
        """The engine, its version, the hash of its weights, and every option that counts.

        Raises:
            ValueError: If the engine isn't decided yet.
        """
        plain = self.options.model_dump(mode="json", exclude={"model", *SPEED_ONLY})
        for name in ("alignment_heads", "compute_type"):
            if plain[name] is None:  # as in lakes made before there was this option
                del plain[name]
        engine = self._given.engine if self._given else self.options.engine
        if engine == AUTO:
            raise ValueError("an engine must be chosen before there is a step key")
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
