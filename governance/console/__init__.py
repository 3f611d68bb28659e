"""The pages of governance: logging in, choosing an environment."""
