"""Stage 7: accepted captions become an immutable, versioned dataset."""
