"""Stage 7, release: accepted captions to an immutable, versioned dataset."""
