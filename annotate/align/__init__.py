"""Stage 3, grounding: words are grouped into phrases, and each gets a place in the image."""
