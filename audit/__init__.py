"""The recorder: what happened is appended to a book that nobody can edit."""
