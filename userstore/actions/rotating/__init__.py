"""Rotation: every kind of key is renewed in short batches, while reads, look-ups and writes go on."""
