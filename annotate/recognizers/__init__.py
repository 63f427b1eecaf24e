"""Speech recognition engines behind one interface, their checkpoints, and voice activity."""
