"""Audio and images: decoding, levels, clean copies, and limits for untrusted bytes."""
