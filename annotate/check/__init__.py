"""Stage 4: a machine's verdicts on every recording, one a check, each with its numbers."""
