"""Operators at work: the environment they chose, what they may do in it, and the pages that definitions share."""
