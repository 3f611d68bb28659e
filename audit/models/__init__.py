"""The table of the book."""

from audit.models.entry import Entry

__all__ = ["Entry"]
