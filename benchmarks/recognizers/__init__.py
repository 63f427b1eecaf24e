"""The engines compared by `python benchmarks/asr.py`, and the report."""
