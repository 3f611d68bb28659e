"""What dataflows write into the book."""

from __future__ import annotations

from audit.events import event

HUB_PUBLISHED = event("hub.published", "item", "kind", "name", "digest", "files", "is_public", "reasons")
HUB_WITHDRAWN = event("hub.withdrawn", "item", "kind", "name", "digest", "reasons")
LETTER_OPENED = event("dead_letter.opened", "flow", "letter", "service", "look", "subjects", "grant", "reasons")
"""Somebody saw a record that a flow had failed on; `look` is the row that says why, sealed."""
LETTERS_REPLAYED = event("dead_letter.replayed", "flow", "letters", "reasons")
LETTERS_DROPPED = event("dead_letter.dropped", "flow", "letters", "reasons")
"""How many were to be put back onto their topics, or dropped for good; written before it is done."""
