"""A made-up company at work, from a seed: what detections are tried and measured on."""
