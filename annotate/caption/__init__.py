"""Stage 5, narrations to captions: disfluencies removed, narrations merged, with the lineage of every word."""
