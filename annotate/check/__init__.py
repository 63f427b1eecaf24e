"""Stage 4: verdicts on every recording, one per check, each with its numbers."""
