"""What the store writes into the book. Subjects appear as handles, selector values as fingerprints, values never."""

from __future__ import annotations

from audit.events import event

ACCESSOR_EXECUTED = event(
    "accessor.executed",
    "accessor", "name", "version", "purposes", "columns", "looked_at", "subjects", "rows", "withheld", "denied",
    "faults", "selector", "tokens", "reasons", "via", "plain", "masked", "none", "grant",
    "exported", "delegation",
)  # fmt: skip
ACCESSOR_UNMASKED = event(
    "accessor.unmasked",
    "accessor", "name", "version", "purpose", "purposes", "columns", "subjects", "withheld", "denied", "faults",
    "selector", "tokens", "reasons", "via", "plain", "masked", "none", "grant", "delegation", "acting_for",
)  # fmt: skip
MUTATOR_EXECUTED = event(
    "mutator.executed",
    "mutator", "name", "version", "purposes", "columns", "looked_at", "subjects", "written", "removed", "held",
    "selector", "reasons", "denied", "faults", "via", "calls", "failed", "returned",
)  # fmt: skip
ANSWER_REPEATED = event("answer.repeated", "call")
SUBJECT_CREATED = event("subject.created", "subjects", "reasons")
SUBJECT_DELETED = event("subject.deleted", "subjects", "values", "tokens", "edges", "kept", "held", "reasons")
SUBJECT_ERASED = event(
    "subject.erased", "subjects", "erasure", "repeated", "values", "tokens", "edges", "kept", "reasons"
)
SUBJECT_SOUGHT = event("subject.sought", "subjects", "column", "found", "reasons")
VALUES_SOUGHT = event("values.sought", "columns", "asked", "found", "reasons")
"""Texts were compared with what the columns have: how many, and how many were there."""
SUBJECT_CODE_SENT = event("subject.code_sent", "subjects", "accessor", "purpose", "proof", "sent", "reasons")
SUBJECT_PROVED = event("subject.proved", "subjects", "accessor", "purpose", "proof", "until", "reasons")
SUBJECT_PROOF_ENDED = event("subject.proof_ended", "proof", "accessor", "operator", "why", "reasons")
SUBJECT_LOOKED_AT = event("subject.looked_at", "subjects", "values", "reasons")
SUBJECT_REPORTED = event("subject.reported", "subjects", "entries", "since", "reasons")
"""Who looked at a person was reported: how many accesses, since when."""
ERASURE_PREVIEWED = event("subject.erasure_previewed", "subjects", "values", "tokens", "edges", "kept", "reasons")
ERASURES_LISTED = event("subject.erasures_listed", "reasons")
CONSENT_CHANGED = event("consent.changed", "subjects", "column", "value", "purpose", "permitted", "reasons", "via")
CONSENT_READ = event("consent.read", "subjects", "reasons")
RETENTION_SET = event("retention.set", "retentions", "change", "reasons")
RETENTION_WITHDRAWN = event("retention.withdrawn", "retentions", "change", "reasons")
RETENTION_APPLIED = event("retention.applied", "change", "users", "values", "due", "finished")
HELD = event("hold.set", "hold", "subjects", "column", "purpose", "until", "reasons")
RELEASED = event("hold.released", "hold", "subjects", "column", "purpose", "reasons")
PURGED = event("values.purged", "ended", "destroyed", "kept", "held", "failed", "users")
DATA_TYPE_DEFINED = event("data_type.defined", "data_type", "name", "fields", "reasons")
DATA_TYPE_CHANGED = event("data_type.changed", "data_type", "name", "fields", "reasons")
DATA_TYPE_RETIRED = event("data_type.retired", "data_type", "name", "reasons")
COLUMN_DEFINED = event("column.defined", "column", "name", "data_type", "category", "sensitivity", "reasons")
COLUMN_CHANGED = event(
    "column.changed", "column", "name", "data_type", "category", "sensitivity", "methods", "reasons"
)  # fmt: skip
COLUMN_INDEX_SETTLED = event("column.index_settled", "column", "name", "index", "values")
COLUMN_RETIRED = event("column.retired", "column", "name", "values", "tokens", "reasons")
ACCESSOR_PUBLISHED = event("accessor.published", "accessor", "name", "version", "reasons")
ACCESSOR_RETIRED = event("accessor.retired", "accessor", "name", "version", "reasons")
MUTATOR_PUBLISHED = event("mutator.published", "mutator", "name", "version", "reasons")
MUTATOR_RETIRED = event("mutator.retired", "mutator", "name", "version", "reasons")
TRANSFORMER_PUBLISHED = event("transformer.published", "transformer", "name", "version", "reasons")
TRANSFORMER_VERSION_RETIRED = event(
    "transformer.version_retired", "transformer", "name", "version", "current", "reasons"
)
TRANSFORMER_RETIRED = event("transformer.retired", "transformer", "name", "version", "reasons")
TRANSFORMER_TRIED = event("transformer.tried", "transformer", "name", "version", "reasons")
TOKENS_CREATED = event("token.created", "transformer", "policy", "tokens", "reasons")
TOKENS_RESOLVED = event("token.resolved", "tokens", "asked", "resolved", "subjects", "purposes", "faults", "reasons")
TOKEN_INSPECTED = event("token.inspected", "tokens", "reasons")
TOKENS_LOOKED_UP = event("token.looked_up", "tokens", "transformer", "policy", "reasons")
TOKEN_DELETED = event("token.deleted", "tokens", "reasons")
VALUES_SEALED = event("seal.sealed", "client", "purposes", "values", "contexts", "key", "reasons")
VALUES_UNSEALED = event("seal.unsealed", "client", "purposes", "values", "failed", "contexts", "keys", "reasons")
VALUES_RESEALED = event("seal.resealed", "client", "purposes", "values", "failed", "contexts", "keys", "key", "reasons")
SEALING_KEY_CREATED = event("seal.key_created", "client", "key", "version", "reasons")
SEALING_KEY_DESTROYED = event("seal.key_destroyed", "client", "key", "version", "reasons")
KEYS_ROTATION_BEGUN = event("keys.rotation_begun", "rotation", "what", "expected", "reasons")
KEYS_ROTATION_ENDED = event("keys.rotation_ended", "rotation", "what", "turned", "destroyed")
IMPORT_ASKED = event("import.asked", "import", "mutator", "format", "purposes", "creates", "via", "reasons")
IMPORT_LAID_OUT = event("import.laid_out", "import", "fields", "left_out", "reasons")
IMPORT_UPLOADED = event("import.uploaded", "import", "bytes", "reasons")
IMPORT_HELD = event("import.held", "import", "position", "records", "reasons")
IMPORT_RESUMED = event("import.resumed", "import", "position", "reasons")
IMPORT_ENDED = event(
    "import.ended", "import", "outcome", "records", "effective", "failed", "users", "values", "reasons"
)
IMPORT_REPORTED = event("import.reported", "import", "faults", "reasons")
