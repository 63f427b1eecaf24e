"""Speech recognition side by side: `python -m benchmarks.asr`."""
