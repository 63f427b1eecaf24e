"""Stage 1: recordings in. Bad input is quarantined with a reason, and the rest goes on."""
