"""Stage 6, captions to reviews: decisions about what may be released."""
