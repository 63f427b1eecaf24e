"""English: word lists, phrase roles, disfluencies, and text that is read aloud."""
