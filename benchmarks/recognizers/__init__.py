"""Speech recognition engines on the same audio and weights: `python benchmarks/asr.py`."""
