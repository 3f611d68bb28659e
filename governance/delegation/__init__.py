"""Temporary access handed on to a client: what was handed on, the token that carries it, and the proofs of its key."""
