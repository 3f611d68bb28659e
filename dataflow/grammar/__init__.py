"""Dataflow and package files: read once, checked with positions, kept as plain facts."""
