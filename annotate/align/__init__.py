"""Stage 3: words to the image. Phrases are cut from the words and tied to the pointer's places."""
