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

_ABOUT = ("deployment", "flow", "version", "digest", "client", "workers", "reasons")
FLOW_DEPLOYED = event("flow.deployed", *_ABOUT)
FLOW_UPGRADED = event("flow.upgraded", *_ABOUT, "former_version")
FLOW_STARTED = event("flow.started", *_ABOUT)
FLOW_STOPPED = event("flow.stopped", *_ABOUT)
FLOW_RESCALED = event("flow.rescaled", *_ABOUT, "former_workers")
FLOW_READ_AGAIN = event("flow.read_again", *_ABOUT, "reads_from", "reading")
FLOW_REPLAYED = event("flow.replayed", *_ABOUT, "until")
FLOW_UNDEPLOYED = event("flow.undeployed", *_ABOUT)
FLOW_SEEN = event("flow.seen", "deployment", "flow", "state")
"""What became of a deployment: running, stopped, failing, refused."""
TOPIC_DECLARED = event("topic.declared", "topic", "name", "holds", "expires", "flows", "reasons")
TOPIC_DROPPED = event("topic.dropped", "topic", "name", "holds", "flows", "reasons")
RECORDS_WRITTEN = event("topic.records_written", "topic", "name", "records", "reasons")
"""Somebody was about to write so many records to a topic; with the outcome `failed`: it was not done after all."""
RECORDS_READ = event("topic.records_read", "topic", "name", "records", "reasons")
"""So many records left a topic without personal data."""
FLOW_PROOF_FAILED = event("flow.proof_failed", "flow", "service", "sink", "category", "records")
"""Records had what may not leave by a sink, and were kept: how many since the last such entry."""
TEXTS_OPENED = event("text.opened", "subjects", "purposes", "texts", "opened", "reasons")
"""Texts that a flow had sealed were opened: of whom, what for, how many of how many."""
