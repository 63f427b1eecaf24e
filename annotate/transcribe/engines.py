"""Which engine a name stands for."""

from __future__ import annotations

from annotate.transcribe.checkpoints import Checkpoint
from annotate.transcribe.options import TranscribeOptions
from annotate.transcribe.port import Transcriber


def make(options: TranscribeOptions, checkpoint: Checkpoint) -> Transcriber:
    """The engine that the options name, its weights loaded.

    Raises:
        AnnotateError: If its library isn't installed, or the weights don't load on the device.
    """
    if options.engine == "stock":
        from annotate.transcribe.stock import StockWhisper

        return StockWhisper(checkpoint, options.device, options.decoding)
    if options.engine == "ctranslate2":
        from annotate.transcribe.faster import FasterWhisper

        return FasterWhisper(checkpoint, options.device, options.decoding)
    from annotate.transcribe.batched import BatchedWhisper

    return BatchedWhisper(checkpoint, options.device, options.decoding, options.batch_windows)
