"""Sound and what it costs to open it: decoding, levels, and limits for untrusted bytes."""
