"""Stage 4, automatic checks: one verdict for each recording and check, with its numbers."""
