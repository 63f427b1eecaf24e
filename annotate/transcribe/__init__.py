"""Stage 2: speech to timed words."""
