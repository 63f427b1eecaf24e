"""Text processing: normalization, punctuation, and rules and word lists by language."""
