"""What is known of languages: normalization, punctuation, and rules and word lists by language."""
