"""Stage 1, ingestion of recordings: invalid input is quarantined, the rest is processed."""
