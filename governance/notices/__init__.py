"""Notices on their way out of the house: what they say, how they are signed and sent, and why one was not."""
