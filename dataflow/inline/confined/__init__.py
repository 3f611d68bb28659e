"""Runs inside the confined process: the standard library and its own modules alone."""
