"""RecognizerInput recognition side by side: `python benchmarks/asr.py`."""
