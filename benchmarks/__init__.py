"""Ratios inside one run, each printed beside its bar. Not part of the tests: `make bench`."""
