"""The pages of governance: signing in, choosing an environment, the book, freezing."""
