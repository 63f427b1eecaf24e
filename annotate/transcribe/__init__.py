"""Stage 2: speech to timed words. The one room where torch and whisper are imported."""
