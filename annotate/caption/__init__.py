"""Stage 5, narrations to captions: disfluencies removed, narrations merged, lineage recorded."""
