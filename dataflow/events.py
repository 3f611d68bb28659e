"""What dataflows write into the book."""

from __future__ import annotations

from audit.events import event

HUB_PUBLISHED = event("hub.published", "item", "kind", "name", "digest", "files", "is_public", "reasons")
HUB_WITHDRAWN = event("hub.withdrawn", "item", "kind", "name", "digest", "reasons")
