"""The pages of governance: logging in, choosing an environment, the book, freezing."""
