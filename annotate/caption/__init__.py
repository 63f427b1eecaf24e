"""Stage 5, narrations to captions: clean by rule, merge, and record the source of every word."""
