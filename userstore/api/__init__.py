"""The API door of the store: the wire contract, and what it lacks beside it in the same style."""
