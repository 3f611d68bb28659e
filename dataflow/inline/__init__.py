"""Code of flows and packages, run where it can compute and nothing else."""
