"""The book's door: reading, nothing else."""
