"""The graph: who belongs to what, and what follows from it."""
