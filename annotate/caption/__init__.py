"""Stage 5, narrations to captions: clean by rule, merge, and lead every word back to its sound."""
