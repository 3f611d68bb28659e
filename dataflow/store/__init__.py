"""Flows that ask the store: tokens, and whether people's consent holds, as a named client with its rights."""
