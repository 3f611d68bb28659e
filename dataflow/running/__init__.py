"""A plan at work: records go in by batches, and what becomes of each is told, whatever moves them."""
