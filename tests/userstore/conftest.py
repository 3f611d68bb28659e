"""The store's tests use the fixed cast."""
