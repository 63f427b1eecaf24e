"""Stage 3, word alignment to the image: cuts words into phrases and assigns pointer positions."""
