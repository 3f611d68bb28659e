"""From files to a checked graph: every name resolved, every type compared, every way of personal data followed."""
