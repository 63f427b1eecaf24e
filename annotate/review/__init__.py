"""Stage 6, review: decisions on which captions may be released."""
