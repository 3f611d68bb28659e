"""The tree over the book: integrating entries, signing checkpoints, proving."""
