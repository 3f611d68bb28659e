"""What governance writes into the book."""

from __future__ import annotations

from audit.events import event

ENVIRONMENT_DEFINED = event("environment.defined", "name", "protected", "synthetic", "reasons")
ENVIRONMENT_COMPLETED = event("environment.completed", "made")
ENVIRONMENT_CHANGED = event("environment.changed", "name", "protected", "synthetic", "reasons")
ACCOUNT_DEFINED = event("account.defined", "account", "kind", "groups", "reasons")
ACCOUNT_CHANGED = event("account.changed", "account", "active", "groups", "reasons")
ACCOUNT_ADDRESS_SET = event("account.address_set", "account", "has_address", "reasons")
"""Where somebody gets their notices; the address itself is nowhere in the book."""
PASSWORD_CHANGED = event("account.password_changed", "account", "reasons")
PASSWORD_RESET = event("account.password_reset", "account", "reasons")
GROUP_DEFINED = event("group.defined", "group", "name", "reasons")
GROUP_RETIRED = event("group.retired", "group", "name", "reasons")
CLIENT_DEFINED = event("client.defined", "client", "name", "kind", "reasons")
CLIENT_CHANGED = event("client.changed", "client", "name", "disabled", "reasons")
CLIENT_SECRET_ISSUED = event("client.secret_issued", "client", "prefix", "former_secrets_end", "reasons")
CLIENT_SECRET_WITHDRAWN = event("client.secret_withdrawn", "client", "prefix", "reasons")
RIGHT_GIVEN = event(
    "right.given",
    "right", "holder", "holder_kind", "operation", "resource_kind", "resource", "deny", "quota", "not_before",
    "not_after", "reasons",
)  # fmt: skip
RIGHT_WITHDRAWN = event(
    "right.withdrawn", "right", "holder", "holder_kind", "operation", "resource_kind", "resource", "reasons"
)
_PLANNED = ("plan", "owner", "owner_kind", "every_days", "deadline_days", "on_overdue", "reasons")
RIGHTS_REVIEW_PLANNED = event("rights_review.planned", *_PLANNED)
RIGHTS_REVIEWS_RETIRED = event("rights_review.plan_retired", *_PLANNED)
RIGHTS_REVIEW_OPENED = event("rights_review.opened", "review", "rights", "until")
RIGHTS_REVIEW_OVERDUE = event("rights_review.overdue", "review", "waiting", "until")
RIGHTS_REVIEW_CLOSED = event("rights_review.closed", "review", "kept", "retired", "gone")
RIGHT_REVIEWED = event(
    "right.reviewed",
    "review", "verdict", "right", "holder", "holder_kind", "operation", "resource_kind", "resource", "reasons",
)  # fmt: skip
OPERATION_RESERVED = event("operation.reserved", "reserved", "operation", "resource_kind", "resource", "reasons")
OPERATION_RELEASED = event("operation.released", "reserved", "operation", "resource_kind", "resource", "reasons")
PURPOSE_DEFINED = event("purpose.defined", "purpose", "name", "legal_basis", "reasons")
PURPOSE_CHANGED = event("purpose.changed", "purpose", "name", "legal_basis", "reasons")
PURPOSE_RETIRED = event("purpose.retired", "purpose", "name", "reasons")
TEMPLATE_PUBLISHED = event("policy_template.published", "template", "name", "version", "reasons")
TEMPLATE_RETIRED = event("policy_template.retired", "template", "name", "version", "reasons")
TEMPLATE_VERSION_RETIRED = event("policy_template.version_retired", "template", "name", "version", "current", "reasons")
POLICY_PUBLISHED = event("access_policy.published", "policy", "name", "version", "reasons")
POLICY_RETIRED = event("access_policy.retired", "policy", "name", "version", "reasons")
POLICY_VERSION_RETIRED = event("access_policy.version_retired", "policy", "name", "version", "current", "reasons")
POLICY_TRIED = event("access_policy.tried", "policy", "name", "version", "allowed", "faults", "reasons")
TEMPLATE_TRIED = event("policy_template.tried", "allowed", "faults", "reasons")
SECRET_KEPT = event("policy_secret.kept", "secret", "name", "reasons")
SECRET_RETIRED = event("policy_secret.retired", "secret", "name", "reasons")
HOST_ALLOWED = event("script_host.allowed", "host", "port", "entry", "reasons")
HOST_RETIRED = event("script_host.retired", "host", "port", "entry", "reasons")
SCRIPT_REQUESTED = event("script.requested", "host", "port", "method", "status", "sent", "received", "reasons")
"""A script asked another host. Neither the path nor what was sent and came back: they may hold somebody's data."""
SCRIPT_NOTED = event("script.noted", "note", "reasons")
SCRIPT_NOTE_READ = event("script_note.read", "note", "reasons")
FROZEN = event("freeze.set", "freeze", "kind", "target", "reasons")
UNFROZEN = event("freeze.lifted", "freeze", "kind", "target", "reasons")
SIGNING_KEY_ROTATED = event("signing_key.rotated", "key", "retired", "reasons")
ROOT_REWRAPPED = event("root_key.rewrapped", "provider", "keys", "ledger")
TOKEN_ISSUED = event("access_token.issued", "client", "expires", "reasons")
CLIENT_INVOKED = event("client.invoked", "client", "expires", "reasons")
"""A client got a token with which it acts as another one; entries of that token's calls name it as `via`."""
TOKEN_REFUSED = event("access_token.refused", "client", "reasons")
ISSUERS_LISTED = event("issuers.listed", "issuers", "identities_ended", "reasons")
IDENTITY_ADMITTED = event("external_identity.admitted", "identity", "issuer", "client", "everybody", "reasons")
IDENTITY_ENDED = event("external_identity.ended", "identity", "issuer", "client", "everybody", "reasons")
EXTERNAL_TOKEN_ACCEPTED = event("external_token.accepted", "issuer", "subject", "reasons")
SIGNED_IN = event("operator.signed_in", "account")
SIGN_IN_REFUSED = event("operator.sign_in_refused", "throttled")
SIGNED_OUT = event("operator.signed_out", "account")
SECOND_FACTOR_OFFERED = event("second_factor.offered", "account", "factor")
SECOND_FACTOR_ENROLLED = event("second_factor.enrolled", "account", "factor")
SECOND_FACTOR_PROVED = event("second_factor.proved", "account", "factor")
SECOND_FACTOR_REFUSED = event("second_factor.refused", "account", "factor", "throttled")
SECOND_FACTOR_MISSED = event("second_factor.missed", "account", "reasons")
"""Something takes a fresh second factor, and none was proved just before."""
SECOND_FACTOR_RENAMED = event("second_factor.renamed", "account", "factor")
SECOND_FACTOR_REMOVED = event("second_factor.removed", "account", "factor")
SECOND_FACTORS_RESET = event("second_factor.reset", "account", "factors")
RECOVERY_CODES_MADE = event("recovery_codes.made", "account", "factor")
ENVIRONMENT_CHOSEN = event("environment.chosen", "account")
ORGANIZATION_DEFINED = event("organization.defined", "organization", "name", "region", "repeated", "reasons")
ORGANIZATION_CHANGED = event("organization.changed", "organization", "name", "region", "reasons")
ORGANIZATION_RETIRED = event("organization.retired", "organization", "name", "reasons")
OBJECT_TYPE_DEFINED = event("object_type.defined", "object_type", "name", "organization", "repeated", "reasons")
OBJECT_TYPE_CHANGED = event("object_type.changed", "object_type", "name", "reasons")
OBJECT_TYPE_RETIRED = event("object_type.retired", "object_type", "name", "edge_types", "objects", "edges", "reasons")
EDGE_TYPE_DEFINED = event(
    "edge_type.defined",
    "edge_type", "name", "source_type", "target_type", "attributes", "organization", "repeated", "reasons",
)  # fmt: skip
EDGE_TYPE_CHANGED = event("edge_type.changed", "edge_type", "name", "attributes", "reasons")
EDGE_TYPE_RETIRED = event("edge_type.retired", "edge_type", "name", "edges", "reasons")
# Objects and edges may be people and what they belong to: the book knows them by keyed fingerprints of their ids.
OBJECT_CREATED = event("graph.object_created", "object", "object_type", "repeated", "reasons")
OBJECT_DELETED = event("graph.object_deleted", "object", "object_type", "edges", "reasons")
EDGE_CREATED = event("graph.edge_created", "edge", "edge_type", "source", "target", "repeated", "reasons")
EDGE_DELETED = event("graph.edge_deleted", "edge", "edge_type", "source", "target", "reasons")
EDGES_DELETED = event("graph.edges_deleted", "object", "edges", "reasons")
GRAPH_READ = event("graph.read", "what", "returned", "reasons")
GRAPH_CHECKED = event(
    "graph.checked", "question", "source", "target", "target_type", "attribute", "allowed", "steps", "returned",
    "reasons",
)  # fmt: skip
CI_KEY_PINNED = event("ci_key.pinned", "key", "name", "key_id", "builder", "reasons")
CI_KEY_WITHDRAWN = event("ci_key.withdrawn", "key", "name", "key_id", "builder", "reasons")
BUILD_REGISTERED = event("build.registered", "build", "digest", "commit", "builder", "repository_id", "reasons")
BUILD_WITHDRAWN = event("build.withdrawn", "build", "digest", "commit", "builder", "repository_id", "reasons")
WORKLOAD_POLICY_SET = event(
    "workload_policy.set",
    "client", "mode", "builders", "repository_ids", "needs_protected_ref", "least_build_level", "max_age_hours",
    "reasons",
)  # fmt: skip
WORKLOAD_POLICY_RETIRED = event("workload_policy.retired", "client", "mode", "reasons")
LAUNCHER_REGISTERED = event("launcher.registered", "launcher", "name", "client", "key_id", "reasons")
LAUNCHER_WITHDRAWN = event("launcher.withdrawn", "launcher", "name", "client", "key_id", "reasons")
ACCESS_RULE_DEFINED = event("access_rule.defined", "rule", "name", "accessor", "terms", "reasons")
ACCESS_RULE_CHANGED = event("access_rule.changed", "rule", "name", "accessor", "terms", "reasons")
ACCESS_RULE_RETIRED = event("access_rule.retired", "rule", "name", "accessor", "reasons")
STAFF_TAKEN_IN = event("staff.taken_in", "members", "added", "changed", "ended", "source", "reasons")
MARK_SET = event("mark.set", "mark", "mark_kind", "reasons")
MARK_LIFTED = event("mark.lifted", "mark", "mark_kind", "reasons")
"""Of a person whom the analysis watches over; whom, stands in no entry."""
JOB_REGISTERED = event("job.registered", "job", "client", "purposes", "hours", "accessors", "reasons")
JOB_WITHDRAWN = event("job.withdrawn", "job", "client", "reasons")
TICKET_OPENED = event("ticket.opened", "ticket", "assignee", "opened_by", "reasons")
TICKET_CLOSED = event("ticket.closed", "ticket", "reasons")
# Whose record is asked for stands beside the request, where erasure unlinks it; the book says how many people it is.
# A ticket is a keyed fingerprint, and a justification a sketch that tells whether two are alike and nothing else.
_ASKED = (
    "request", "grantee", "accessor", "name", "purpose", "columns", "people", "minutes", "reason", "approvals", "state",
    "grant", "extends", "ticket", "sketch", "reasons",
)  # fmt: skip
ACCESS_REQUESTED = event("access_request.submitted", *_ASKED)
EMERGENCY_DECLARED = event("access_request.declared", *_ASKED)
REQUEST_ASKED_BACK = event("access_request.asked_back", "request", "reasons")
REQUEST_ANSWERED = event("access_request.answered", "request", "reasons")
REQUEST_APPROVED = event("access_request.approved", *_ASKED)
REQUEST_DENIED = event("access_request.denied", "request", "reasons")
REQUEST_CANCELLED = event("access_request.cancelled", "request", "reasons")
REQUEST_LAPSED = event("access_request.lapsed", "request", "reasons")
_GRANTED = ("grant", "request", "grantee", "accessor", "until", "reasons")
GRANT_ACTIVATED = event("access_grant.activated", *_GRANTED)
GRANT_SUSPENDED = event("access_grant.suspended", *_GRANTED)
GRANT_RESUMED = event("access_grant.resumed", *_GRANTED)
GRANT_REVOKED = event("access_grant.revoked", *_GRANTED)
GRANT_RELINQUISHED = event("access_grant.relinquished", *_GRANTED)
GRANT_EXPIRED = event("access_grant.expired", *_GRANTED)
GRANT_UNUSED = event("access_grant.unused", *_GRANTED)
_DELEGATED = ("delegation", "grant", "client", "minutes", "columns", "people", "until", "reasons")
DELEGATION_OFFERED = event("delegation.offered", *_DELEGATED)
DELEGATION_ACCEPTED = event("delegation.accepted", *_DELEGATED)
DELEGATION_TAKEN = event("delegation.taken", *_DELEGATED)
DELEGATION_ENDED = event("delegation.ended", *_DELEGATED)
DELEGATION_PROOF_REFUSED = event("delegation.proof_refused", "delegation", "reasons")
"""Somebody sent a genuine token that is bound to a key, without a good proof that the key is theirs."""
_REVIEWED = ("review", "grant", "verdict", "reasons")
REVIEW_CLAIMED = event("access_review.claimed", *_REVIEWED)
REVIEW_REFERRED = event("access_review.referred", *_REVIEWED)
REVIEW_CONCLUDED = event("access_review.concluded", *_REVIEWED)
REVIEW_OVERDUE = event("access_review.overdue", *_REVIEWED)
_MESSAGE = ("message", "kind", "about", "account", "webhook", "attempts", "reasons")
NOTICE_SENT = event("notice.sent", *_MESSAGE)
NOTICE_GIVEN_UP = event("notice.given_up", *_MESSAGE)
NOTICE_RETRIED = event("notice.retried", *_MESSAGE)
WEBHOOK_DEFINED = event("webhook.defined", "webhook", "name", "host", "kinds", "reasons")
WEBHOOK_CHANGED = event("webhook.changed", "webhook", "name", "host", "kinds", "reasons")
WEBHOOK_SECRET_KEPT = event("webhook.secret_kept", "webhook", "name", "former_secret_ends", "reasons")
WEBHOOK_RETIRED = event("webhook.retired", "webhook", "name", "host", "kinds", "reasons")
WEBHOOK_TRIED = event("webhook.tried", "webhook", "host", "status", "reasons")
_FEED = ("feed", "name", "way", "leads_to", "index", "fault", "reasons")
FEED_DEFINED = event("feed.defined", *_FEED)
FEED_CHANGED = event("feed.changed", *_FEED)
FEED_RETIRED = event("feed.retired", *_FEED)
FEED_PAUSED = event("feed.paused", *_FEED)
FEED_RESUMED = event("feed.resumed", *_FEED)
FEED_WIDENED = event("feed.widened", *_FEED)
FEED_NARROWED = event("feed.narrowed", *_FEED)
"""It gets what belongs to no environment as well, such as sign-ins of operators; or no longer."""
FEED_STOOD_STILL = event("feed.stood_still", *_FEED)
"""A receiver of the book takes nothing: once, however often it is tried. `index` is the first place that it lacks."""
FEED_WENT_ON = event("feed.went_on", *_FEED)
LAUNCH_DECIDED = event("launch.decided", "launcher", "expected", "separated", "expires", "reasons")
"""A launcher vouched for a program: the digest that it measured stands with the actor."""
JOB_DECIDED = event("ci_job.decided", "issuer", "repository_id", "workflow", "expires", "reasons")
CODE_TRACED = event("code.traced", "column", "since", "returned", "reasons")
ISSUER_KEYS_PINNED = event("issuer.keys_pinned", "issuer", "keys", "reasons")
CALL_REFUSED = event("call.refused", "operation", "resource_kind", "resource", "reasons")
CHANGE_PROPOSED = event("change.proposed", "change", "action", "digest", "reasons")
CHANGE_APPROVED = event("change.approved", "change", "action", "digest", "author_kind", "author", "reasons")
CHANGE_REJECTED = event("change.rejected", "change", "action", "author_kind", "author", "reasons")
CHANGE_WITHDRAWN = event("change.withdrawn", "change", "action", "reasons")
CHANGE_STALE = event("change.stale", "change", "action", "author_kind", "author", "reasons")
"""Somebody approved a change, and what it was about had changed meanwhile: it was not applied."""
